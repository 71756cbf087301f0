from orders.models.orders import Order, OrderHistory, OrderLine
from orders.models.refunds import Refund, RestockedLine
from orders.models.refusals import Refusal
from orders.models.remarks import AddressChange, Note
from orders.models.shipments import Carrier, Shipment, ShipmentLine
from orders.models.shipping_methods import ShippingMethod
from orders.models.taxes import TaxRate

__all__ = [
    "AddressChange",
    "Carrier",
    "Note",
    "Order",
    "OrderHistory",
    "OrderLine",
    "Refund",
    "Refusal",
    "RestockedLine",
    "Shipment",
    "ShipmentLine",
    "ShippingMethod",
    "TaxRate",
]
