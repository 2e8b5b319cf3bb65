-- Who may read what, on PostgreSQL (docs/explanation/personal-data.md, ADR 13).
--
-- Run it as the owner of the database's tables (the role of `database_url`) who may create roles, or as a superuser,
-- after each `guichet db upgrade`:
--
--     psql --single-transaction --set ON_ERROR_STOP=1 --file deploy/postgresql-roles.sql guichet
--
-- Once, before the first start, as a superuser:
--
--     CREATE ROLE guichet LOGIN PASSWORD '…';
--     CREATE DATABASE guichet OWNER guichet;
--     REVOKE CONNECT, TEMPORARY ON DATABASE guichet FROM PUBLIC;
--
-- Then give people roles of their own, never the service's:
--
--     CREATE ROLE marie LOGIN PASSWORD '…' IN ROLE guichet_reporting;   GRANT CONNECT ON DATABASE guichet TO marie;
--     CREATE ROLE paul  LOGIN PASSWORD '…' IN ROLE guichet_cases;       GRANT CONNECT ON DATABASE guichet TO paul;
--
-- Nothing is granted by default: a table that a later version makes is closed until this file opens it.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'guichet_reporting') THEN
        CREATE ROLE guichet_reporting NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'guichet_cases') THEN
        CREATE ROLE guichet_cases NOLOGIN;
    END IF;
END
$$;

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, guichet_reporting, guichet_cases;
GRANT USAGE ON SCHEMA public TO guichet_reporting, guichet_cases;

-- guichet_reporting: who stands where, and figures that the tables publish in full. No case, nothing that may quote a
-- file (`finding`, answers, messages, questions), no address of a person (`contact`, `delivery`), no unpublished
-- small count (`tally`, `closing_tally`), no journal.
GRANT SELECT ON
    obligation, in_force, release, release_input, publication, announcement, closure, destruction,
    organisation, adhesion, delegation, directory_version, obligation_rule, collection_fingerprint,
    assistance_trimestrielle, assistance_trimestrielle_en_vigueur,
    mobilite_trimestrielle, mobilite_trimestrielle_en_vigueur,
    partenariats, partenariats_en_vigueur,
    rapport_activite, rapport_activite_en_vigueur,
    satisfaction, satisfaction_en_vigueur
TO guichet_reporting;
GRANT SELECT (
    id, account, organisation, box, file_name, size, sha256, received_at, proof, claimed_at, judged_at, state, verdict,
    test, rules_version, directory_version, completes, withdrawn_at
) ON submission TO guichet_reporting;
GRANT SELECT (
    id, submission_id, position, account, organisation, collection, slug, period, verdict, complete, nil, in_force,
    replaces, stays, waits, records_read, records_accepted, records_rejected, finding_counts, deadline
) ON section TO guichet_reporting;

-- guichet_cases: the same, and the cases, for the few whose task it is, as long as the cases are kept.
GRANT guichet_reporting TO guichet_cases;
GRANT SELECT ON
    dossiers_assistance, dossiers_assistance_en_vigueur,
    dossiers_mobilite, dossiers_mobilite_en_vigueur,
    incidents, incidents_en_vigueur,
    finding, tally, closing_tally
TO guichet_cases;
