using System.Collections.Concurrent;
using Relay.Platform.Webhooks;
using Relay.Queue;

namespace Relay.Tests.Support;

/// <summary>Remembers what webhooks would have been told.</summary>
public sealed class CollectingPublisher : IWebhookPublisher
{
    private readonly ConcurrentQueue<WebhookNotice> _notices = new();

    public IReadOnlyList<WebhookNotice> Notices => [.. _notices];

    /// <summary>True: nothing can be noted.</summary>
    public bool IsUnwell { get; set; }

    public ValueTask PublishAsync(WebhookNotice notice, CancellationToken cancellationToken)
    {
        if (IsUnwell)
        {
            throw new StoreUnavailableException("away");
        }

        _notices.Enqueue(notice);
        return ValueTask.CompletedTask;
    }
}
