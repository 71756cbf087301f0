from django.urls import path

from invoices.reading.views import InvoiceDetail, InvoiceList, InvoiceUrl

urlpatterns = [
    path("invoices", InvoiceList.as_view()),
    path("invoices/<uuid:invoice_id>", InvoiceDetail.as_view()),
    path("invoice-url", InvoiceUrl.as_view()),
]
