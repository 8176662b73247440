using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Platform.Contacts;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Platform.Public;

/// <summary>Where unsubscribe links lead: looking shows a page, posting acts, by a person's button or by their mail program's (RFC 8058).</summary>
internal sealed class UnsubscribeEndpoints(LinkTokens tokens, Subscriptions subscriptions)
{
    private static readonly string[] Looking = [HttpMethods.Get, HttpMethods.Head];

    private static readonly string[] Reasons = ["I get too many of these mails", "The content is not for me", "I never signed up for this"];

    public void Map(IEndpointRouteBuilder door)
    {
        door.MapMethods("/u/{token}", Looking, (RequestDelegate)ShowAsync);
        door.MapMethods("/u/{token}", [HttpMethods.Post], (RequestDelegate)ActAsync);
    }

    private async Task ShowAsync(HttpContext context)
    {
        if (Read(context) is not { } token)
        {
            await RefuseAsync(context);
            return;
        }

        await Page(await subscriptions.LookAsync(token, context.RequestAborted)).WriteAsync(context);
    }

    private async Task ActAsync(HttpContext context)
    {
        if (Read(context) is not { } token)
        {
            await RefuseAsync(context);
            return;
        }

        var form = await PublicForm.ReadAsync(context);
        switch (form?["action"].ToString())
        {
            case "leave":
                await subscriptions.LeaveAsync(token, Text(form), context.RequestAborted);
                break;
            case "leave-all":
                await subscriptions.LeaveAllAsync(token, Text(form), context.RequestAborted);
                break;
            case "return":
                await subscriptions.ReturnAsync(token, context.RequestAborted);
                break;
            case "choose":
                await ChooseAsync(token, form, context.RequestAborted);
                break;
            default:
                if (form?["List-Unsubscribe"].ToString() != "One-Click")
                {
                    // Neither our page's button nor a mail program's.
                    await Page(await subscriptions.LookAsync(token, context.RequestAborted)).WriteAsync(context);
                    return;
                }

                await subscriptions.LeaveAsync(token, null, context.RequestAborted);
                await PublicDoor.AnswerAsync(context, StatusCodes.Status200OK, "Unsubscribed.\n");
                return;
        }

        await Page(await subscriptions.LookAsync(token, context.RequestAborted)).WriteAsync(context);
    }

    // What the page showed is named, so that a book that came in between is left alone.
    private async ValueTask ChooseAsync(LinkToken token, IFormCollection form, CancellationToken cancellationToken)
    {
        var shown = Uids(form, "shown");
        var chosen = Uids(form, "topic");
        await subscriptions.ChooseAsync(token, [.. shown.Intersect(chosen)], [.. shown.Except(chosen)], cancellationToken);
    }

    private LinkToken? Read(HttpContext context) => tokens.Read((string)context.Request.RouteValues["token"]!, LinkPurpose.Unsubscribe);

    private static List<Guid> Uids(IFormCollection form, string name) =>
        [.. form[name].Select(text => Guid.TryParseExact(text, "D", out var uid) ? uid : Guid.Empty).Where(uid => uid != Guid.Empty)];

    private static string? Text(IFormCollection form)
    {
        var parts = new List<string>();
        if (int.TryParse(form["reason"], NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < Reasons.Length)
        {
            parts.Add(Reasons[index]);
        }

        if (form["text"].ToString().Trim() is { Length: > 0 } own)
        {
            parts.Add(string.Concat(own.Select(c => char.IsControl(c) ? ' ' : c)));
        }

        var text = string.Join(": ", parts);
        return text.Length == 0 ? null : text[..Math.Min(text.Length, ContactRules.MaxReasonLength)];
    }

    private static PublicPage Page(PersonView view) => view switch
    {
        { IsOfBook: false } => Stream(view),
        { Book: null } or { Here: null } => Unknown(view),
        { Here.LeftAllAt: not null } or { Here.State: ContactState.Unsubscribed } => Left(view, view.Book),
        _ => Subscribed(view, view.Book),
    };

    private static PublicPage Subscribed(PersonView view, ContactBook book)
    {
        var page = new PublicPage($"Unsubscribe from {book.Title}")
            .Say($"{view.Address.ToDisplayString()} gets this mail.")
            .Form(Action("leave") + ReasonFields(), "Unsubscribe");
        return AllForm(Topics(page, view));
    }

    private static PublicPage Left(PersonView view, ContactBook book)
    {
        var page = new PublicPage("You are unsubscribed")
            .Say($"{view.Address.ToDisplayString()} gets no more mail of {book.Title}.")
            .Form(Action("return"), "That was a mistake: subscribe me again", isQuiet: true);
        Topics(page, view);
        return view.Here!.LeftAllAt is null ? AllForm(page) : page.Say("This address gets no other subscription from this sender either.", isDim: true);
    }

    private static PublicPage Unknown(PersonView view) =>
        AllForm(new PublicPage("You are not subscribed").Say($"{view.Address.ToDisplayString()} is not on this list any more."), isOnly: true);

    private static PublicPage Stream(PersonView view)
    {
        if (view.HasLeftStream)
        {
            return new PublicPage("You are unsubscribed")
                .Say($"{view.Address.ToDisplayString()} gets no more {(view.Stream == MailStream.Broadcast ? "subscriptions" : "mail of this kind")} from this sender.")
                .Form(Action("return"), "That was a mistake: send me this mail again", isQuiet: true);
        }

        var page = new PublicPage("Unsubscribe").Say($"{view.Address.ToDisplayString()} gets mail from this sender.");
        return view.Stream == MailStream.Broadcast ? AllForm(page, isOnly: true) : page.Form(Action("leave") + ReasonFields(), "Unsubscribe");
    }

    // Books that have a name for people; the one of the link alone is no choice.
    private static PublicPage Topics(PublicPage page, PersonView view)
    {
        var offered = view.Places.Where(place => place.Book.PublicName is not null).ToList();
        if (offered.Count == 0 || (offered.Count == 1 && offered[0].Book.Id == view.Book?.Id))
        {
            return page;
        }

        var fields = new StringBuilder(Action("choose")).Append("<fieldset><legend>What do you want to receive?</legend>");
        foreach (var (book, contact) in offered)
        {
            var uid = book.Uid.ToString("D");
            fields.Append("<input type=\"hidden\" name=\"shown\" value=\"").Append(uid).Append("\"><label><input type=\"checkbox\" name=\"topic\" value=\"").Append(uid)
                .Append(contact.IsSubscribed ? "\" checked>" : "\">").Append(PublicPage.Encode(book.Title)).Append("</label>");
        }

        return page.Form(fields.Append("</fieldset>").ToString(), "Save my choice", isQuiet: true);
    }

    // Beside another choice it stands back.
    private static PublicPage AllForm(PublicPage page, bool isOnly = false) => page.Form(
        Action("leave-all") + $"<p>{(isOnly ? "This ends everything" : "Or stop everything")}: no subscription of this sender any more. Mail about your own orders and accounts still comes.</p>",
        "Unsubscribe from everything",
        isQuiet: !isOnly);

    private static string ReasonFields()
    {
        var fields = new StringBuilder("<fieldset><legend>Would you tell why? (optional)</legend>");
        for (var i = 0; i < Reasons.Length; i++)
        {
            fields.Append(CultureInfo.InvariantCulture, $"<label><input type=\"radio\" name=\"reason\" value=\"{i}\">{PublicPage.Encode(Reasons[i])}</label>");
        }

        return fields.Append("<label>In your own words<textarea name=\"text\" rows=\"2\" maxlength=\"300\"></textarea></label></fieldset>").ToString();
    }

    private static string Action(string name) => $"<input type=\"hidden\" name=\"action\" value=\"{name}\">";

    private static Task RefuseAsync(HttpContext context)
    {
        PublicDoor.Count(context, "unsubscribe");
        return new PublicPage("This link is not valid")
            .Say("It is not complete. Open it from the mail once more; in some programs a long address breaks when it is copied.")
            .WriteAsync(context, StatusCodes.Status404NotFound);
    }
}
