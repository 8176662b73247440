using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Platform.Contacts;
using Relay.Senders;

namespace Relay.Platform.Public;

/// <summary>Where the link of a confirmation mail leads: a page that asks, and a button that says yes. Looking confirms nothing.</summary>
internal sealed class ConfirmationEndpoints(LinkTokens tokens, Consent consent)
{
    private static readonly string[] Looking = [HttpMethods.Get, HttpMethods.Head];

    public void Map(IEndpointRouteBuilder door)
    {
        door.MapMethods("/c/{token}", Looking, (RequestDelegate)ShowAsync);
        door.MapMethods("/c/{token}", [HttpMethods.Post], (RequestDelegate)ConfirmAsync);
    }

    private async Task ShowAsync(HttpContext context)
    {
        if (Read(context) is not { } token)
        {
            await RefuseAsync(context);
            return;
        }

        switch (await consent.LookAsync(token, context.RequestAborted))
        {
            case (ConsentState.Open, { } book, { } contact):
                await new PublicPage("Confirm your subscription")
                    .Say($"Do you want to receive {book.Title} at {contact.Address.ToDisplayString()}?")
                    .Form("<input type=\"hidden\" name=\"confirm\" value=\"yes\">", "Yes, subscribe me")
                    .Say("If you did not ask for this, close this page: without your confirmation you get no further mail.", isDim: true)
                    .WriteAsync(context);
                break;
            case (ConsentState.Given, { } book, { } contact):
                await Done(book, contact).WriteAsync(context);
                break;
            default:
                await RefuseAsync(context);
                break;
        }
    }

    private async Task ConfirmAsync(HttpContext context)
    {
        if (Read(context) is not { } token)
        {
            await RefuseAsync(context);
            return;
        }

        var form = await PublicForm.ReadAsync(context);
        if (form is null || form["confirm"] != "yes")
        {
            // Not our page's button.
            await ShowAsync(context);
            return;
        }

        var (state, book, contact) = await consent.GiveAsync(token, context.RequestAborted);
        await (state == ConsentState.Given ? Done(book!, contact!).WriteAsync(context) : RefuseAsync(context));
    }

    private LinkToken? Read(HttpContext context) => tokens.Read((string)context.Request.RouteValues["token"]!, LinkPurpose.Confirm);

    private static PublicPage Done(ContactBook book, Contact contact) => new PublicPage("You are subscribed")
        .Say($"{contact.Address.ToDisplayString()} receives {book.Title} from now on.")
        .Say("Every mail holds a link by which you can leave again.", isDim: true);

    // The same for all that cannot be confirmed: strangers learn nothing of who is in a book.
    private static Task RefuseAsync(HttpContext context)
    {
        PublicDoor.Count(context, "confirmation");
        return new PublicPage("This link is not valid")
            .Say("It has expired, was used up, or is not complete. If you still want to subscribe, ask for a new confirmation mail.")
            .WriteAsync(context, StatusCodes.Status410Gone);
    }
}
