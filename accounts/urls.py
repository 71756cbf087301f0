from django.urls import path

from accounts.triggers.views import Confirmation, PreAuthentication
from accounts.views import Login, Logout, Me, Refresh

urlpatterns = [
    path("auth/login", Login.as_view()),
    path("auth/refresh", Refresh.as_view()),
    path("auth/logout", Logout.as_view()),
    path("me", Me.as_view()),
    path("pre-authentication", PreAuthentication.as_view()),
    path("confirmation", Confirmation.as_view()),
]
