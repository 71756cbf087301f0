from invoices.admin import documents, hand_outs, incoming

__all__ = ["documents", "hand_outs", "incoming"]
