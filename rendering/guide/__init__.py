"""The depositors' guide, in French: what to send, how, and what to do with the answer. Made from schemas and rules."""

from rendering.guide.facts import NEUTRAL, GuideFacts
from rendering.guide.pages import guide_pages

__all__ = ["NEUTRAL", "GuideFacts", "guide_pages"]
