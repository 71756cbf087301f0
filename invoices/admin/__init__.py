from invoices.admin import documents, hand_outs

__all__ = ["documents", "hand_outs"]
