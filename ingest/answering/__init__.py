"""Making what a depositor gets beside the verdict: the annotated copy and the correction kit (contract §6)."""
