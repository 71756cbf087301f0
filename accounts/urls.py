from django.urls import path

from accounts.addresses.views import AddressDetail, Addresses
from accounts.credentials.views import ChangePassword, Confirm, ForgotPassword, ResendCode, ResetPassword, SignUp
from accounts.mfa.views import ConfirmMfa, DisableMfa, Mfa
from accounts.own_data.views import Export
from accounts.signing_in.views import Login, LoginMfa, Logout, NewPassword, Refresh
from accounts.triggers.views import Confirmation, PreAuthentication
from accounts.views import Me

urlpatterns = [
    path("auth/sign-up", SignUp.as_view()),
    path("auth/confirm", Confirm.as_view()),
    path("auth/resend-code", ResendCode.as_view()),
    path("auth/forgot-password", ForgotPassword.as_view()),
    path("auth/reset-password", ResetPassword.as_view()),
    path("auth/change-password", ChangePassword.as_view()),
    path("auth/login", Login.as_view()),
    path("auth/login/mfa", LoginMfa.as_view()),
    path("auth/new-password", NewPassword.as_view()),
    path("auth/refresh", Refresh.as_view()),
    path("auth/logout", Logout.as_view()),
    path("me", Me.as_view()),
    path("me/export", Export.as_view()),
    path("me/addresses", Addresses.as_view()),
    path("me/addresses/<uuid:address_id>", AddressDetail.as_view()),
    path("me/mfa", Mfa.as_view()),
    path("me/mfa/confirm", ConfirmMfa.as_view()),
    path("me/mfa/disable", DisableMfa.as_view()),
    path("pre-authentication", PreAuthentication.as_view()),
    path("confirmation", Confirmation.as_view()),
]
