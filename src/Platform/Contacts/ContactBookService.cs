using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Senders;

namespace Relay.Platform.Contacts;

/// <summary>Makes, changes and removes books; settings of double opt-in are checked before they are kept.</summary>
internal sealed class ContactBookService(
    IContactStore store, ISenderDomains domains, OptInContent content, ContactUpkeepSignal upkeep, PlatformOptions options, TimeProvider time)
{
    public async ValueTask<ApiResult<ContactBook>> CreateAsync(ApiCaller caller, ContactBookFields fields, CancellationToken cancellationToken)
    {
        if (fields.Name is null)
        {
            return ApiFault.BadField("name", "is required");
        }

        var now = time.GetUtcNow();
        var book = Merge(
            new ContactBook { Uid = Guid.CreateVersion7(now), AccountId = caller.AccountId, Name = fields.Name, CreatedAt = now, UpdatedAt = now }, fields, now);
        if ((await FaultAsync(caller, fields, cancellationToken) ?? ForeignSender(caller, fields, book)) is { } fault)
        {
            return fault;
        }

        return await store.AddBookAsync(book, ContactRules.MaxBooks, cancellationToken) is { } added
            ? added
            : ApiFault.Conflict($"the account has {ContactRules.MaxBooks} contact books already; delete some first");
    }

    public async ValueTask<ApiResult<ContactBook>> ChangeAsync(ApiCaller caller, Guid uid, ContactBookFields fields, CancellationToken cancellationToken)
    {
        if (await FaultAsync(caller, fields, cancellationToken) is { } fault)
        {
            return fault;
        }

        // Asked inside the change: the sender is that of the book as it is then.
        var now = time.GetUtcNow();
        ApiFault? foreign = null;
        var changed = await store.ChangeBookAsync(
            caller.AccountId,
            uid,
            book =>
            {
                var wanted = Merge(book, fields, now);
                foreign = ForeignSender(caller, fields, wanted);
                return foreign is null ? wanted : book;
            },
            cancellationToken);
        return foreign ?? (changed is null ? ContactFaults.NoBook() : (ApiResult<ContactBook>)changed);
    }

    public async ValueTask<bool> RemoveAsync(long accountId, Guid uid, CancellationToken cancellationToken)
    {
        var isRemoved = await store.RemoveBookAsync(accountId, uid, time.GetUtcNow(), cancellationToken);
        upkeep.Wake();
        return isRemoved;
    }

    private static ContactBook Merge(ContactBook book, ContactBookFields fields, DateTimeOffset now) => book with
    {
        Name = fields.Name ?? book.Name,
        PublicName = Setting(fields.PublicName, book.PublicName),
        Emoji = fields.Emoji ?? book.Emoji,
        Properties = fields.Properties ?? book.Properties,
        DoubleOptIn = new DoubleOptIn(
            fields.IsOptInEnabled ?? book.DoubleOptIn.IsEnabled,
            Setting(fields.OptInFrom, book.DoubleOptIn.From),
            Setting(fields.OptInSubject, book.DoubleOptIn.Subject),
            Setting(fields.OptInContent, book.DoubleOptIn.Content)),
        UpdatedAt = now,
    };

    /// <summary>What the confirmation says and whether it goes out is set by keys that may send as its sender, like an e-mail or a campaign.</summary>
    private static ApiFault? ForeignSender(ApiCaller caller, ContactBookFields fields, ContactBook book)
    {
        if (!fields.SaysConfirmation || caller.Credential.AllowedSenders.Count == 0)
        {
            return null;
        }

        if (book.DoubleOptIn.From is not { } from)
        {
            return ApiFault.Forbidden("doubleOptInFrom: this API key may not send as every domain of the account; name a sender it may send as");
        }

        return NamedMailbox.TryParse(from, out var sender) && SenderPolicy.AllowsSender(caller.Credential, sender.Mailbox)
            ? null
            : ApiFault.Forbidden("doubleOptInFrom: this API key may not act for the sender of this book's confirmation");
    }

    private static string? Setting(string? given, string? known) => given is null ? known : given.Length == 0 ? null : given;

    private async ValueTask<ApiFault?> FaultAsync(ApiCaller caller, ContactBookFields fields, CancellationToken cancellationToken)
    {
        if (fields.OptInContent is { Length: > 0 } text && await content.ProblemAsync(text, cancellationToken) is { } problem)
        {
            return ApiFault.BadField("doubleOptInContent", problem);
        }

        if (fields.IsOptInEnabled == true && options.PublicUrl is null)
        {
            return ApiFault.BadField("doubleOptInEnabled", "this server has no public address for the confirmation link: its operator sets [public] public_url");
        }

        return fields.OptInFrom is { Length: > 0 } from ? await SenderFaultAsync(caller, from, cancellationToken) : null;
    }

    private async ValueTask<ApiFault?> SenderFaultAsync(ApiCaller caller, string from, CancellationToken cancellationToken)
    {
        const string Field = "doubleOptInFrom";
        if (!NamedMailbox.TryParse(from, out var sender) || sender.Mailbox.Domain is not { } name)
        {
            return ApiFault.BadField(Field, "is not an e-mail address; write user@example.com or \"Name <user@example.com>\"");
        }

        if (!SenderPolicy.AllowsSender(caller.Credential, sender.Mailbox))
        {
            return ApiFault.Forbidden($"{Field}: this API key may not send as {sender.Mailbox}");
        }

        return options.RequireVerifiedDomains && await domains.FindAsync(caller.AccountId, name, cancellationToken) is not { IsVerified: true }
            ? ApiFault.BadField(Field, $"the domain {name} is not verified")
            : null;
    }
}
