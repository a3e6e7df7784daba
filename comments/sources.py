"""Where a comment came from, as hashes that become unreadable.

A network address is hashed under the newest of a few random keys. A key serves for a
month; after 90 days it is destroyed, and nobody can tell any more which address a hash
stood for. `comments.upkeep` does both. E-mail addresses of banned writers are hashed
under the site's secret key, since a ban is meant to last.
"""

import hashlib
import hmac
import ipaddress
import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from comments.models import SourceKey
from comments.querysets import KEY_DAYS


def address_of(request):
    """Return the network address of the reader, as text.

    Behind `TRUSTED_PROXIES` proxies it is what the outermost of them saw; without any,
    X-Forwarded-For is what anybody may write and counts for nothing.
    """
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    hops = settings.TRUSTED_PROXIES
    if hops and len(forwarded) >= hops and forwarded[-hops].strip():
        return forwarded[-hops].strip()
    return request.META.get("REMOTE_ADDR", "")


def network(address):
    """Return what counts as one source: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.version == 6 and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(parsed if parsed.version == 4 else ipaddress.ip_network((parsed, 64), strict=False))


def sources_of(request):
    """Return the hashes by which this reader may be known, the one to store first."""
    keys = live_keys()
    if not is_fresh(keys):
        keys = renewed_keys()
    place = network(address_of(request)).encode()
    return [hmac.new(bytes.fromhex(key.secret), place, hashlib.sha256).hexdigest() for key in keys]


def live_keys():
    return list(SourceKey.objects.live())


def is_fresh(keys):
    """Whether the newest of `keys` may still be used for what is stored now."""
    return bool(keys) and keys[0].created_at >= timezone.now() - timedelta(days=KEY_DAYS)


@transaction.atomic
def renewed_keys():
    """Return the live keys with a fresh one; of those who need it at once, one makes it.

    With two new keys one reader could pass for two people for a moment.
    """
    kind = ContentType.objects.filter(app_label="comments", model="sourcekey")
    list(kind.select_for_update().values_list("pk"))  # a row that everyone can lock
    keys = live_keys()
    if not is_fresh(keys):
        keys.insert(0, SourceKey.objects.create(secret=secrets.token_hex(32)))
    return keys


def normal_email(email):
    """Return the form in which two spellings of one mailbox are the same."""
    name, _, domain = email.strip().lower().rpartition("@")
    return f"{name.split('+')[0]}@{domain}"


def email_digest(email):
    """Return the hash by which a banned e-mail is known."""
    return salted_hmac("comments.ban", normal_email(email), algorithm="sha256").hexdigest()
