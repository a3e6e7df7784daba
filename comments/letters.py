"""What our letters say: looked up when a letter is sent, so that it is true then.

The question whether mail is wanted, and whatever else goes to an address before its owner
agreed, holds no word that a stranger typed into our form: otherwise the form would be a
way to send anything to anybody.
"""

from dataclasses import dataclass, field
from email.utils import formataddr, formatdate
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMultiAlternatives
from django.db.models import Count, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.encoding import force_bytes, punycode
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from comments import guests, mail
from comments.models import Comment, Contact, Mail, NoMail
from comments.sources import email_digest, normal_email
from newsroom.models import Masthead
from newsroom.templatetags.newsroom import absolute, day, stamp
from newsroom.text import excerpt, one_line

Kind, State = Mail.Kind, Comment.State
DECISIONS = (Kind.APPROVED, Kind.REFUSED, Kind.BLINDED, Kind.RESTORED)
DIGEST_ROWS = 10


@dataclass
class Letter:
    """A letter before it is put into an envelope: paragraphs, words of a reader, links."""

    to: str
    subject: str
    lines: list
    quote: str = ""  # what a reader wrote
    links: list = field(default_factory=list)  # (label, address)
    small: list = field(default_factory=list)  # lines below the links
    unsubscribe: str = ""


def message_of(row, connection=None):
    """Return the e-mail that the outbox's `row` stands for; None if it is not true any more."""
    with translation.override(settings.LANGUAGE_CODE):
        letter = COMPOSERS[row.kind](row)
        return letter and envelope(row, letter, connection)


def envelope(row, letter, connection):
    """Return `letter` as a message, with the same identity however often it is sent."""
    masthead = Masthead.load()
    paper, host = one_line(masthead.title), urlsplit(settings.SITE_URL).hostname or "localhost"
    name, _at, domain = one_line(masthead.email or settings.DEFAULT_FROM_EMAIL).rpartition("@")
    mark = salted_hmac("comments.mail", row.key).hexdigest()[:16]
    headers = {
        "Message-ID": f"<{row.pk}.{mark}@{host}>",
        "Date": formatdate(row.created_at.timestamp()),
        "Auto-Submitted": "auto-generated",
    }
    if letter.unsubscribe:
        headers["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    context = {
        "letter": letter,
        "paper": paper,
        "masthead": masthead,
        "address": settings.SITE_URL,
        "language": settings.LANGUAGE_CODE,
    }
    message = EmailMultiAlternatives(
        subject=excerpt(one_line(letter.subject), 100),
        body=render_to_string("mail/letter.txt", context),
        from_email=formataddr((paper, f"{name}@{punycode(domain)}")),
        to=[one_line(letter.to)],
        headers=headers,
        connection=connection,
    )
    message.attach_alternative(render_to_string("mail/letter.html", context), "text/html")
    return message


def link(name, *args):
    return absolute(reverse(name, args=args))


def page_of(comment):
    """The comment where readers see it."""
    return link("comments:detail", comment.pk)


def own_page(comment):
    """The private page of a comment, for its writer."""
    return link("comments:enter", comment.pk, guests.owner_token(comment))


def contact_for(comment):
    """Return the Contact that may be written to about `comment`, or None."""
    contact = Contact.objects.filter(pk=comment.pk).first()
    return None if contact is None or is_refused(contact) else contact


def is_refused(contact):
    return NoMail.objects.filter(digest=email_digest(contact.email)).exists()


def to_writer(contact, *, needs_consent=True, **parts):
    """Return a letter to the writer of a comment, or None if they want none."""
    if contact is None or (needs_consent and contact.notify != Contact.Notify.ON):
        return None
    unsubscribe = link("comments:unsubscribe", mail.mail_token(contact))
    return Letter(to=contact.email, unsubscribe=unsubscribe, **parts)


def last_told(row):
    """Return the kind of the last decision on its comment that the writer was told of."""
    told = Mail.objects.filter(comment=row.comment_id, kind__in=DECISIONS, sent_at__isnull=False)
    return told.order_by("-sent_at", "-pk").values_list("kind", flat=True).first()


def confirm(row):
    contact = contact_for(row.comment)
    if contact is None or contact.notify != Contact.Notify.ASKED:
        return None
    return to_writer(
        contact,
        needs_consent=False,
        subject=_("Do you want mail about your comments?"),
        lines=[
            _(
                "A comment on “%(headline)s” was written with this address, and mail was asked"
                " for: what becomes of the comment, and the replies."
            )
            % {"headline": row.comment.article.headline},
            _(
                "We write only after you have said yes. It also holds for other comments with"
                " this address that asked for mail."
            ),
        ],
        links=[(_("Yes, mail me"), link("comments:confirm", mail.mail_token(contact)))],
        small=[_("If that was not you, do nothing. Without an answer there is no more mail.")],
    )


def approved(row):
    comment = row.comment
    if not comment.is_visible or last_told(row) in (Kind.APPROVED, Kind.RESTORED):
        return None
    headline = {"headline": comment.article.headline}
    return to_writer(
        contact_for(comment),
        subject=_("Your comment on “%(headline)s” is on the page") % headline,
        lines=[
            _("A moderator has read your comment on “%(headline)s”. It is on the page.") % headline
        ],
        quote=comment.text,
        links=[
            (_("See the comment"), page_of(comment)),
            (_("Change or delete"), own_page(comment)),
        ],
    )


def refused(row):
    comment = row.comment
    if comment.state not in mail.TAKEN_AWAY or last_told(row) == Kind.REFUSED:
        return None
    headline = {"headline": comment.article.headline}
    reason = (
        comment.refusal.text if comment.refusal else _("It does not fit our rules for comments.")
    )
    return to_writer(
        contact_for(comment),
        subject=_("Your comment on “%(headline)s” is not shown") % headline,
        lines=[
            _("A moderator has read your comment on “%(headline)s” and does not show it.")
            % headline,
            reason,
        ],
        quote=comment.text,
        links=[(_("See the comment and appeal"), own_page(comment))],
        small=[_("You can ask once that it be looked at again.")],
    )


def stands(row):
    comment = row.comment
    if comment.state not in guests.REFUSED:
        return None
    headline = {"headline": comment.article.headline}
    return to_writer(
        contact_for(comment),
        subject=_("We have looked again at your comment on “%(headline)s”") % headline,
        lines=[
            _(
                "A moderator has read your appeal about the comment on “%(headline)s”. The"
                " decision stands: the comment is not shown."
            )
            % headline
        ],
        links=[(_("See the comment"), own_page(comment))],
    )


def blinded(row):
    comment = row.comment
    if comment.state != State.BLINDED or last_told(row) == Kind.BLINDED:
        return None
    headline = {"headline": comment.article.headline}
    lines = [
        _("Your comment on “%(headline)s” is not shown until %(day)s.")
        % {**headline, "day": day(comment.blinded_until)},
        _(
            "Somebody asked for it who says that it violates their rights. The law (Article 44-2"
            " of the Network Act) then asks us for a temporary measure of 30 days at most. It is"
            " no judgement on who is right; when the time is over it ends by itself."
        ),
    ]
    if comment.refusal:
        lines.append(comment.refusal.text)
    return to_writer(
        contact_for(comment),
        needs_consent=False,
        subject=_("Temporary measure: your comment on “%(headline)s”") % headline,
        lines=lines,
        links=[(_("See the comment and appeal"), own_page(comment))],
        small=[
            _(
                "You have the right to appeal: say on that page why the comment should be shown."
                " A moderator looks at it again."
            )
        ],
    )


def restored(row):
    comment = row.comment
    if not comment.is_visible or last_told(row) != Kind.BLINDED:
        return None
    headline = {"headline": comment.article.headline}
    return to_writer(
        contact_for(comment),
        needs_consent=False,
        subject=_("Your comment on “%(headline)s” is shown again") % headline,
        lines=[_("The temporary measure on your comment on “%(headline)s” has ended.") % headline],
        links=[
            (_("See the comment"), page_of(comment)),
            (_("Change or delete"), own_page(comment)),
        ],
    )


def reply(row):
    """A reply, to the writer of what it answers: approved, by somebody else, both on the page."""
    answer, parent = row.comment, row.comment.parent
    visible = Comment.objects.visible().on_published()
    if parent is None or visible.filter(pk__in=[answer.pk, parent.pk]).count() < 2:
        return None
    contact, other = contact_for(parent), Contact.objects.filter(pk=answer.pk).first()
    if contact and other and normal_email(contact.email) == normal_email(other.email):
        return None
    names = {"name": answer.author_name, "headline": answer.article.headline}
    return to_writer(
        contact,
        subject=_("%(name)s has answered your comment") % names,
        lines=[_("%(name)s has answered your comment on “%(headline)s”.") % names],
        quote=answer.text,
        links=[
            (_("See the reply"), page_of(answer)),
            (_("Settings of your comment"), own_page(parent)),
        ],
    )


def requester(row, subject, *lines):
    """Return a letter to who asked, in their own right, for a measure."""
    report = row.report
    if (
        not report
        or not report.email
        or NoMail.objects.filter(digest=email_digest(report.email)).exists()
    ):
        return None
    asked = _("You asked on %(day)s for a measure on a comment on “%(headline)s”.") % {
        "day": day(report.created_at),
        "headline": row.comment.article.headline,
    }
    return Letter(to=report.email, subject=subject, lines=[asked, *lines])


def request_taken(row):
    if row.comment.state != State.BLINDED:
        return None
    return requester(
        row,
        _("Your request: the comment is not shown"),
        _(
            "The comment is not shown until %(day)s (temporary measure, Article 44-2 of the"
            " Network Act). Its writer has been told and may appeal."
        )
        % {"day": day(row.comment.blinded_until)},
        _("When the time is over it is shown again, unless the matter is settled otherwise."),
    )


def request_removed(row):
    if row.comment.state not in (*mail.TAKEN_AWAY, State.DELETED):
        return None
    return requester(
        row, _("Your request: the comment is gone"), _("The comment is not shown any more.")
    )


def request_ended(row):
    taken = Mail.objects.filter(report=row.report_id, kind=Kind.REQUEST_TAKEN)
    if not row.comment.is_visible or not taken.filter(sent_at__isnull=False).exists():
        return None
    letter = requester(
        row,
        _("Your request: the measure has ended"),
        _("The temporary measure on the comment has ended; it is shown again."),
        _("You can ask for mediation of the dispute, or turn to a court."),
    )
    if letter:
        letter.links = [(_("See the comment"), page_of(row.comment))]
    return letter


def request_declined(row):
    if not row.comment.is_visible:
        return None
    letter = requester(
        row,
        _("Your request: the comment stays"),
        _("A moderator has looked at the comment and leaves it on the page."),
        _("You can ask for mediation of the dispute, or turn to a court."),
    )
    if letter:
        letter.links = [(_("See the comment"), page_of(row.comment))]
    return letter


def data(row):
    """The private link that somebody asked for; who wants no other mail still gets it."""
    contact = Contact.objects.filter(pk=row.comment_id).first()
    if contact is None:
        return None
    letter = Letter(
        to=contact.email,
        subject=_("The link to your comments"),
        lines=[
            _(
                "With this link you see everything that we keep of what was written with this"
                " address; you can take it along or erase it."
            )
        ],
        links=[(_("My comments"), link("comments:data", guests.data_token(contact.email)))],
        small=[
            _("It works for one day. Do not pass it on."),
            _("If you did not ask for it, do nothing."),
        ],
    )
    if is_refused(contact):
        letter.lines.append(_("You wanted no mail from us. Here you can change that."))
        again = link("comments:confirm", mail.mail_token(contact))
        letter.links.append((_("Mail me again"), again))
    return letter


def digest(row):
    """What waits for moderators: how many, and the oldest, with links into the admin."""
    user = row.user
    if not (user and user.email and user.has_perm("comments.change_comment")):
        return None
    counts = Comment.objects.filter(queued_at__isnull=False).aggregate(
        waiting=Count("pk"),
        new=Count("pk", filter=Q(state=State.PENDING)),
        reported=Count("pk", filter=Q(report_count__gt=0)),
        appeals=Count("pk", filter=~Q(appeal="")),
    )
    if not counts["waiting"]:
        return None
    oldest = Comment.objects.queued().select_related("article")[:DIGEST_ROWS]
    subject = ngettext(
        "%(number)d comment waits for you", "%(number)d comments wait for you", counts["waiting"]
    )
    return Letter(
        to=user.email,
        subject=subject % {"number": counts["waiting"]},
        lines=[
            _("New: %(new)d, reported: %(reported)d, appeals: %(appeals)d.") % counts,
            _("Those that wait longest:"),
        ],
        links=[
            *(
                (
                    f"{stamp(comment.queued_at)} · {comment.author_name}: "
                    f"{excerpt(one_line(comment.text), 60)} ({comment.article.headline})",
                    link("admin:comments_comment_change", comment.pk),
                )
                for comment in oldest
            ),
            (_("To all that wait"), link("admin:comments_comment_changelist")),
        ],
    )


def password(row):
    """The link under which somebody of the newsroom sets a new password."""
    user = row.user
    if not (is_reached(user) and user.has_usable_password()):
        return None
    return Letter(
        to=user.email,
        subject=_("A new password"),
        lines=[
            _("Somebody asked for a new password for the account “%(name)s” of the newsroom.")
            % {"name": user.get_username()}
        ],
        links=[(_("Set a new password"), password_link(user))],
        small=[
            _("It works once, for one day. The code of two-step sign-in is still asked for."),
            _("If you did not ask for it, do nothing: the password stays as it is."),
        ],
    )


def invitation(row):
    """The link under which somebody new sets a password; nothing once they did."""
    user = row.user
    if not is_reached(user) or user.has_usable_password():
        return None
    return Letter(
        to=user.email,
        subject=_("Your account of the newsroom"),
        lines=[
            _("An account of the newsroom was made for you. It is called “%(name)s”.")
            % {"name": user.get_username()},
            _("Choose a password for it, and sign in."),
        ],
        links=[(_("Set a password"), password_link(user))],
        small=[
            _("The link works once, for one day. Ask who invited you for another one."),
            _("If you do not know what this is about, do nothing."),
        ],
    )


PROTECTION = {
    Kind.FACTOR_ON: gettext_lazy("Two-step sign-in was set up with a phone."),
    Kind.FACTOR_OFF: gettext_lazy("Two-step sign-in was turned off: the password alone leads in."),
    Kind.FACTOR_RESET: gettext_lazy(
        "The desk reset two-step sign-in: the password alone leads in."
    ),
    Kind.NEW_CODES: gettext_lazy("New recovery codes were made; the ones before are void."),
    Kind.NEW_PASSWORD: gettext_lazy("The password was changed."),
    Kind.NEW_EMAIL: gettext_lazy(
        "The account has another e-mail now: letters about it do not come here any more."
    ),
    Kind.NEW_PLACE: gettext_lazy(
        "Somebody signed in from a network from which nobody had within 30 days. If that was you,"
        " you need not do anything."
    ),
}
SUBJECTS = {
    Kind.NEW_PASSWORD: gettext_lazy("The password of your account was changed"),
    Kind.NEW_EMAIL: gettext_lazy("The e-mail of your account was changed"),
    Kind.NEW_PLACE: gettext_lazy("Your account was signed in from a new place"),
}


def protection(row):
    """That an account is protected or used in another way now: did its owner do it?"""
    user = row.user
    to = row.address if row.kind == Kind.NEW_EMAIL else user and user.email
    if not (to and user.is_active):
        return None
    about_factor = row.kind not in SUBJECTS
    links = [(_("Look at two-step sign-in"), link("admin:second_factor"))] if about_factor else []
    if to == user.email:
        if not about_factor:
            links.append((_("Look at the sign-ins"), link("admin:sign_ins")))
        links.append((_("Set a new password"), link("admin_password_reset")))
    return Letter(
        to=to,
        subject=str(SUBJECTS.get(row.kind) or _("Two-step sign-in of your account")),
        lines=[
            _("%(time)s, account “%(name)s” of the newsroom:")
            % {"time": stamp(row.created_at), "name": user.get_username()},
            str(PROTECTION[row.kind]),
            _("If that was not you and you did not ask for it, tell the publisher at once.")
            if about_factor or to != user.email
            else _(
                "If that was not you and you did not ask for it, set a new password at once, which"
                " ends every session, and tell the publisher."
            ),
        ],
        links=links,
    )


def is_reached(user):
    """Whether the account is there, may come in, and has a mailbox."""
    return user and user.email and user.is_active


def password_link(user):
    """Return the address at which the account's password is set, once, for a day."""
    key = urlsafe_base64_encode(force_bytes(user.pk))
    return link("password_reset_confirm", key, default_token_generator.make_token(user))


COMPOSERS = {
    Kind.CONFIRM: confirm,
    Kind.APPROVED: approved,
    Kind.REFUSED: refused,
    Kind.BLINDED: blinded,
    Kind.RESTORED: restored,
    Kind.STANDS: stands,
    Kind.REPLY: reply,
    Kind.REQUEST_TAKEN: request_taken,
    Kind.REQUEST_REMOVED: request_removed,
    Kind.REQUEST_ENDED: request_ended,
    Kind.REQUEST_DECLINED: request_declined,
    Kind.DATA: data,
    Kind.DIGEST: digest,
    Kind.PASSWORD: password,
    Kind.INVITATION: invitation,
    **dict.fromkeys(PROTECTION, protection),
}
