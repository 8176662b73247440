using System.Text.Json.Nodes;
using Relay.Platform.Webhooks;

namespace Relay.Platform.Domains;

/// <summary>What the account's webhooks are told of its domains; written in the transaction that changes the domain.</summary>
internal sealed class DomainNotices(TimeProvider time)
{
    public WebhookNotice Created(DomainEntry entry) => Notice("domain.created", entry);

    public WebhookNotice Removed(DomainEntry entry) => Notice("domain.deleted", entry);

    /// <summary>Only what is certain is told: a domain that proved itself, or one that DNS speaks against.</summary>
    public WebhookNotice? Checked(DomainEntry before, DomainEntry after) => (before.Domain.Status, after.Domain.Status) switch
    {
        var (old, now) when old == now => null,
        (_, DomainStatus.Success) => Notice("domain.verified", after),
        (_, DomainStatus.Failed) => Notice("domain.failed", after),
        _ => null,
    };

    private WebhookNotice Notice(string type, DomainEntry entry)
    {
        var now = time.GetUtcNow();
        return new WebhookNotice
        {
            Uid = Guid.CreateVersion7(now),
            AccountId = entry.Domain.AccountId,
            Type = type,
            At = now,
            Domain = entry.Domain.Name.Ascii,
            DomainId = entry.Domain.Id,
            Data = new JsonObject
            {
                ["id"] = entry.Domain.Id,
                ["name"] = entry.Domain.Name.ToString(),
                ["status"] = entry.Domain.Status.Name(),
                ["verificationError"] = entry.VerificationError,
            },
        };
    }
}
