"""Who is told what: notices (pure) and transports (SMTP, Maildir)."""
