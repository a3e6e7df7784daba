"""Pages of one reader alone: what became of a comment, mail, and everything kept of them."""

from functools import wraps

from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from comments import checks, guests, mail
from comments.forms import AppealForm, ConfirmForm, EditForm, EmailForm
from comments.models import Comment, Contact
from comments.sources import sources_of
from comments.views import form_page, with_owner_token
from newsroom.forms import public_form
from newsroom.models import Masthead


def private_page(view):
    """Let nobody keep, list or pass on the address of this page."""

    @wraps(view)
    def private(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex"
        response["Referrer-Policy"] = "same-origin"
        return response

    return never_cache(private)


@require_safe
@private_page
def enter(request, pk, token):
    """The mailed link to one's comment: hand the token to the browser, hide it from the bar."""
    comment = get_object_or_404(Comment, pk=pk)
    if not guests.is_owner(comment, token):
        raise Http404(_("This link does not work. Ask for a new one below your comment."))
    return with_owner_token(redirect(f"{reverse('comments:mine', args=[pk])}#message"), comment)


def link_to(comment):
    """Return the address that shows a comment to its writer on any device."""
    return reverse("comments:enter", args=[comment.pk, guests.owner_token(comment)])


@public_form
@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def mine(request, pk):
    """What became of a comment, and what its writer may do with it."""
    comment = get_object_or_404(Comment.objects.select_related("article", "refusal"), pk=pk)
    if not guests.is_owner(comment, request.COOKIES.get(guests.COOKIE)):
        return render(request, "comments/not_mine.html", {"form": EmailForm()}, status=403)
    masthead = Masthead.load()
    if request.method != "POST":
        return mine_page(request, comment, forms_for(comment, masthead))
    name = request.POST.get("do", "")
    forms = forms_for(comment, masthead, request.POST)
    if name not in forms:
        return too_late(request, comment, masthead)
    if not forms[name].is_valid():
        return mine_page(request, comment, forms, status=422)
    if not ACTIONS[name](request, comment, forms[name].cleaned_data, masthead):
        comment.refresh_from_db()
        return too_late(request, comment, masthead)
    return redirect(f"{request.path}?done={name}#message")


def mine_page(request, comment, forms, status=200, **more):
    contact = Contact.objects.filter(comment=comment).first()
    ends = comment.created_at + guests.EDIT_TIME
    context = {
        "comment": comment,
        "forms": forms,
        "done": request.GET.get("done"),
        "mail": contact and (contact.notify or "off"),
        "edit_ends_at": ends,
        "seconds_left": int((ends - timezone.now()).total_seconds()),
        "is_waiting": comment.queued_at is not None,
        "is_refused": status != 200,
        **more,
    }
    return render(request, "comments/mine.html", context, status=status)


def too_late(request, comment, masthead):
    """Say that this cannot be done any more; the words that were typed come back."""
    typed = request.POST.get("text") or request.POST.get("appeal") or ""
    forms = forms_for(comment, masthead)
    return mine_page(request, comment, forms, status=409, is_late=True, typed=typed)


def forms_for(comment, masthead, data=None):
    """Return the forms of what the writer may do now, by name; `data` goes to the sent one."""
    sent = data.get("do") if data else None

    def made(name, form, **kwargs):
        return form(data if sent == name else None, **kwargs)

    forms = {}
    if guests.may_edit(comment):
        longest = masthead.comments_max_length
        forms["edit"] = made("edit", EditForm, about=comment, longest=longest)
    if guests.may_appeal(comment):
        forms["appeal"] = made("appeal", AppealForm, about=comment)
    if comment.state != Comment.State.DELETED:
        forms["delete"] = made("delete", ConfirmForm, purpose=f"delete.{comment.pk}")
        forms["notify"] = made("notify", ConfirmForm, purpose=f"notify.{comment.pk}")
    return forms


def edit(request, comment, data, masthead):
    contact = getattr(comment, "contact", None)
    submission = checks.Submission(
        text=data["text"],
        name=comment.author_name,
        email=contact.email if contact else "",
        masthead=masthead,
        sources=sources_of(request),
    )
    return guests.edit(comment, data["text"], checks.signals_of(submission, is_edit=True))


def appeal(request, comment, data, masthead):
    return guests.appeal(comment, data["appeal"])


def delete(request, comment, data, masthead):
    return guests.delete(comment)


def notify(request, comment, data, masthead):
    is_off = data["choice"] == "off"
    return guests.stop_mail(comment) if is_off else guests.ask_for_mail(comment)


ACTIONS = {"edit": edit, "appeal": appeal, "delete": delete, "notify": notify}


@public_form
@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def confirm(request, token):
    """The mailed question whether the owner of an address wants our mail: GET asks, POST does."""
    contact = mail.contact_of(token)
    if contact is None:
        raise Http404(_("This link does not work any more."))
    data = request.POST if request.method == "POST" else None
    form = ConfirmForm(data, purpose=f"confirm.{contact.pk}")
    if form.is_valid():
        mail.confirm(contact)
        context = {
            "proof": guests.reader_token(contact.email),
            "link": link_to(contact.comment),
        }
        return render(request, "comments/confirmed.html", context)
    return form_page(request, "comments/confirm.html", form, contact=contact)


@csrf_exempt  # a mail program posts here (RFC 8058): the signed address is the authority
@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def unsubscribe(request, token):
    """End our mail to an address. GET changes nothing; POST does, as often as it comes."""
    contact = mail.contact_of(token)
    if contact is None:
        raise Http404(_("This link does not work any more."))
    if request.method == "POST":
        mail.unsubscribe(contact)
    context = {"is_done": request.method == "POST"}
    return render(request, "comments/unsubscribe.html", context)


@public_form
@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def ask_for_data(request):
    """Mail a link to everything that was written with an address, if anything was."""
    form = EmailForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        mail.send_data_link(form.cleaned_data["email"])
        return redirect(f"{request.path}?sent#message")
    is_sent = "sent" in request.GET
    return form_page(request, "comments/ask_for_data.html", form, is_sent=is_sent)


@public_form
@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def data(request, token):
    """Everything kept of a reader: to look at, to take along, to erase."""
    email = guests.email_of(token)
    if email is None:
        raise Http404(_("This link does not work any more. You can ask for a new one."))
    form = ConfirmForm(request.POST if request.method == "POST" else None, purpose="erase")
    if form.is_valid():
        number = guests.erase(email)
        return render(request, "comments/erased.html", {"number": number})
    if "download" in request.GET:
        response = JsonResponse(
            {"email": email, "comments": guests.export(email)},
            json_dumps_params={"ensure_ascii": False, "indent": 2},
        )
        response["Content-Disposition"] = 'attachment; filename="comments.json"'
        return response
    rows = [(comment, link_to(comment)) for comment in guests.comments_by(email)]
    return form_page(request, "comments/data.html", form, email=email, rows=rows)
