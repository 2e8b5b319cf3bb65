"""The register of organisations: read, checked, merged, stored by versions, exported (contract §5)."""

from ingest.register.depositing import RegisterDeposit
from ingest.register.effects import Effect, EffectKind, Effects
from ingest.register.register import Register
from ingest.register.results import CheckResult, ImportResult

__all__ = ["CheckResult", "Effect", "EffectKind", "Effects", "ImportResult", "Register", "RegisterDeposit"]
