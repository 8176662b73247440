using System.Text.Json.Nodes;
using Relay.Platform.Webhooks;

namespace Relay.Platform.Domains;

/// <summary>Tells the account's webhooks what became of its domains.</summary>
internal sealed class DomainNotices(IWebhookPublisher publisher, TimeProvider time)
{
    public ValueTask CreatedAsync(DomainEntry entry) => PublishAsync("domain.created", entry);

    public ValueTask RemovedAsync(DomainEntry entry) => PublishAsync("domain.deleted", entry);

    /// <summary>Only what is certain is told: a domain that proved itself, or one that DNS speaks against.</summary>
    public ValueTask CheckedAsync(DomainEntry before, DomainEntry after) => (before.Domain.Status, after.Domain.Status) switch
    {
        var (old, now) when old == now => ValueTask.CompletedTask,
        (_, DomainStatus.Success) => PublishAsync("domain.verified", after),
        (_, DomainStatus.Failed) => PublishAsync("domain.failed", after),
        _ => ValueTask.CompletedTask,
    };

    private ValueTask PublishAsync(string type, DomainEntry entry) => publisher.PublishAsync(
        new WebhookNotice
        {
            AccountId = entry.Domain.AccountId,
            Type = type,
            At = time.GetUtcNow(),
            Domain = entry.Domain.Name.Ascii,
            DomainId = entry.Domain.Id,
            Data = new JsonObject
            {
                ["id"] = entry.Domain.Id,
                ["name"] = entry.Domain.Name.ToString(),
                ["status"] = entry.Domain.Status.Name(),
                ["verificationError"] = entry.VerificationError,
            },
        },
        CancellationToken.None);
}
