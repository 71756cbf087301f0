"""How gunicorn serves web and live, wherever it is started from this folder: on a laptop as in an image.

Addresses and numbers of workers are the starter's, who gives them on the command line.
"""

limit_request_line = 4094  # bytes of method, address and query
limit_request_fields = 64
limit_request_field_size = 8190  # bytes of one header: an access token has up to 2,000
forwarded_allow_ips = ""  # who may name another scheme or address is the shop's own to say: TRUSTED_PROXIES
# There is no access log unless --access-logfile asks for one, and then no query and no referrer is in it: both may hold
# the token of somebody's order.
access_log_format = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(B)s %(L)s %({x-request-id}o)s'
