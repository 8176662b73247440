using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Platform.Emails;
using Relay.Platform.Templates;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Platform.Contacts;

/// <summary>Asks a contact to confirm.</summary>
internal interface IInvitationMail
{
    /// <summary>Null when the mail is queued; otherwise why it is not.</summary>
    ValueTask<ApiFault?> SendAsync(ContactBook book, Contact contact, CancellationToken cancellationToken);
}

/// <summary>Makes the mail that asks a contact to confirm, and hands it in like any e-mail of the account.</summary>
internal sealed class InvitationMail(
    EmailSending sending, OptInContent content, IDomainStore domains, LinkTokens tokens, PlatformOptions options, TimeProvider time)
    : IInvitationMail
{
    /// <summary>A link asks so long.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    private const string CallerName = "double opt-in";
    private const string DefaultLocalPart = "no-reply";

    /// <inheritdoc/>
    public async ValueTask<ApiFault?> SendAsync(ContactBook book, Contact contact, CancellationToken cancellationToken)
    {
        if (options.PublicUrl is null)
        {
            return ApiFault.Unprocessable("this server has no public address for the confirmation link");
        }

        if (await SenderAsync(book, cancellationToken) is not { } from)
        {
            return ApiFault.Unprocessable("the account has no verified domain to send the confirmation from");
        }

        RenderResult rendered;
        try
        {
            rendered = await content.RenderAsync(book, contact, LinkOf(contact), cancellationToken);
        }
        catch (InvalidOperationException broken)
        {
            return ApiFault.Unprocessable($"doubleOptInContent: {broken.Message}");
        }

        return rendered.Fault is { } fault ? ApiFault.Unprocessable(fault.Message) : await SendAsync(book, contact, from, rendered, cancellationToken);
    }

    /// <summary>Where the contact confirms.</summary>
    public string LinkOf(Contact contact) => $"{options.PublicUrl!.OriginalString.TrimEnd('/')}/c/" + tokens.Write(new LinkToken
    {
        Purpose = LinkPurpose.Confirm,
        AccountId = contact.AccountId,
        ListId = contact.BookId,
        MemberId = contact.Id,
        Number = contact.Invitation.Number,
        ExpiresAt = time.GetUtcNow() + Lifetime,
    });

    private async ValueTask<ApiFault?> SendAsync(ContactBook book, Contact contact, NamedMailbox from, RenderResult rendered, CancellationToken cancellationToken)
    {
        var request = new EmailRequest
        {
            From = from,
            FromText = from.ToString(),
            To = new GivenAddresses(new AddressField(true, [contact.Address.ToString()]), [new NamedMailbox(null, contact.Address)]),
            Subject = rendered.Subject,
            Html = rendered.Html,
            Text = rendered.Text,
            Headers = [new("Auto-Submitted", "auto-generated")],
            Tags = ["double-opt-in"],
            Stream = MailStream.Transactional,

            // The link acts; nobody else's address goes before it.
            TrackClicks = false,
            TrackOpens = false,
        };
        var result = await sending.SendAsync(Caller(book), request, cancellationToken);
        return result.Failed(out var fault, out _) ? fault : null;
    }

    private async ValueTask<NamedMailbox?> SenderAsync(ContactBook book, CancellationToken cancellationToken)
    {
        if (book.DoubleOptIn.From is { } own)
        {
            return NamedMailbox.TryParse(own, out var sender) ? sender : null;
        }

        var entries = await domains.ListAsync(book.AccountId, cancellationToken);
        return entries.FirstOrDefault(entry => entry.Domain.IsVerified) is { } proved
            && Mailbox.TryCreate(DefaultLocalPart, proved.Domain.Name.Ascii, out var mailbox)
                ? new NamedMailbox(book.Title, mailbox)
                : null;
    }

    // The account asks by itself: with all its rights, and within its limits.
    private static ApiCaller Caller(ContactBook book) => new(
        new Credential { Kind = CredentialKind.ApiKey, Name = CallerName, Verifier = string.Empty, AccountId = book.AccountId, Scopes = "full", CreatedAt = book.CreatedAt }, string.Empty);
}
