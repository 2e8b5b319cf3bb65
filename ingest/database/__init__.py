"""The consolidated database: tables, engine, types."""
