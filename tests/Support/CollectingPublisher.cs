using System.Collections.Concurrent;
using Relay.Platform.Webhooks;

namespace Relay.Tests.Support;

/// <summary>Remembers what webhooks would have been told.</summary>
public sealed class CollectingPublisher : IWebhookPublisher
{
    private readonly ConcurrentQueue<WebhookNotice> _notices = new();

    public IReadOnlyList<WebhookNotice> Notices => [.. _notices];

    public ValueTask PublishAsync(WebhookNotice notice, CancellationToken cancellationToken)
    {
        _notices.Enqueue(notice);
        return ValueTask.CompletedTask;
    }
}
