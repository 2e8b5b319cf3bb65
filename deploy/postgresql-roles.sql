-- Who may do what, on PostgreSQL 13 or later (docs/how-to/install.md, docs/explanation/personal-data.md, ADR 13).
--
-- Run it as a superuser after each `guichet db upgrade` and each `guichet restore`; harmless twice:
--
--     psql --single-transaction --set ON_ERROR_STOP=1 --file deploy/postgresql-roles.sql guichet
--
--   guichet_owner      owns the tables: `db upgrade`, `restore`. Its password stands in /etc/guichet/owner.env, root's.
--   guichet_loader     the service (`guichet` is a member): takes, judges, loads, publishes, destroys. No table is made,
--                      changed or dropped by it; the journal is read and added to, never rewritten.
--   guichet_publisher  a program elsewhere that shows what is published: editions, and what is in force of figures
--                      that are published in full.
--   guichet_reporting  people: who stands where, and the same figures.
--   guichet_cases      the few whose task it is: cases too, as long as they are kept.
--
-- Each consumer has a role of its own in one of the last three, never the service's. Where one role does all (what
-- `database_url` names owns the tables), this file leaves it its rights.
--
-- Nothing is granted by default: a table that a later version makes is closed until this file opens it.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['guichet_loader', 'guichet_publisher', 'guichet_reporting', 'guichet_cases'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        END IF;
    END LOOP;
END
$$;

REVOKE ALL ON ALL TABLES IN SCHEMA public
    FROM PUBLIC, guichet_loader, guichet_publisher, guichet_reporting, guichet_cases;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO guichet_loader, guichet_publisher, guichet_reporting, guichet_cases;

-- guichet_loader: rows, and nothing about tables.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO guichet_loader;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO guichet_loader;
REVOKE INSERT, UPDATE, DELETE ON alembic_version, collection_fingerprint FROM guichet_loader;
REVOKE UPDATE, DELETE ON event FROM guichet_loader;

-- What is destroyed must leave the files of the database too. Only a table's owner may rewrite it (VACUUM FULL), so
-- that the loader asks for it here: CLUSTER writes the table anew, without what was deleted.
CREATE OR REPLACE FUNCTION public.guichet_rewrite(wanted text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    key name;
BEGIN
    SELECT i.relname INTO key
    FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
    WHERE x.indisprimary AND c.relkind = 'r' AND c.relname = wanted AND c.relnamespace = 'public'::regnamespace;
    IF key IS NULL THEN
        RAISE EXCEPTION 'guichet_rewrite: there is no table %', wanted;
    END IF;
    EXECUTE format('CLUSTER public.%I USING %I', wanted, key);
END
$$;
REVOKE ALL ON FUNCTION public.guichet_rewrite(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.guichet_rewrite(text) TO guichet_loader;

-- Bounds on what anybody may hold up; the owner has none, the service an hour. Names are looked up in `public` alone.
DO $$
DECLARE
    owner name := (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'public.submission'::regclass);
    base name := current_database();
    one name;
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', base);
    EXECUTE format(
        'GRANT CONNECT ON DATABASE %I TO guichet_loader, guichet_publisher, guichet_reporting, guichet_cases', base);
    EXECUTE format('GRANT ALL ON SCHEMA public TO %I', owner);
    EXECUTE format('ALTER FUNCTION public.guichet_rewrite(text) OWNER TO %I', owner);
    EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_temp', base);
    EXECUTE format('ALTER DATABASE %I SET statement_timeout = ''5min''', base);
    EXECUTE format('ALTER DATABASE %I SET lock_timeout = ''10s''', base);
    EXECUTE format('ALTER DATABASE %I SET idle_in_transaction_session_timeout = ''10min''', base);
    FOR one IN
        SELECT m.rolname FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member JOIN pg_roles g ON g.oid = a.roleid
        WHERE g.rolname = 'guichet_loader' AND m.rolcanlogin
    LOOP
        EXECUTE format('ALTER ROLE %I IN DATABASE %I SET statement_timeout = ''1h''', one, base);
    END LOOP;
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET statement_timeout = 0', owner, base);
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET idle_in_transaction_session_timeout = 0', owner, base);
END
$$;

-- guichet_publisher: editions, and figures that the tables publish in full.
GRANT SELECT ON
    release, release_input, publication, organisation,
    assistance_trimestrielle_en_vigueur, mobilite_trimestrielle_en_vigueur, partenariats_en_vigueur,
    rapport_activite_en_vigueur, satisfaction_en_vigueur
TO guichet_publisher;

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
