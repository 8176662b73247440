using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Relay.Platform.Webhooks;
using Relay.Queue;

namespace Relay.Platform.Domains;

/// <summary>Tells the account's webhooks what became of its domains.</summary>
/// <remarks>The domain is changed already when this is called: a notice that cannot be kept is told in the log and does not undo anything.</remarks>
internal sealed class DomainNotices(IWebhookPublisher publisher, TimeProvider time, ILogger<DomainNotices> log)
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

    private async ValueTask PublishAsync(string type, DomainEntry entry)
    {
        try
        {
            await publisher.PublishAsync(Notice(type, entry), CancellationToken.None);
        }
        catch (StoreUnavailableException trouble)
        {
            PlatformDomainsLog.NoticeLost(log, type, entry.Domain.Name.Ascii, trouble);
        }
    }

    private WebhookNotice Notice(string type, DomainEntry entry) => new()
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
    };
}
