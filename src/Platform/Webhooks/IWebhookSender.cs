namespace Relay.Platform.Webhooks;

/// <summary>Makes the calls; tests put their receivers here.</summary>
internal interface IWebhookSender
{
    /// <summary>Never throws for what the other side or the network does.</summary>
    ValueTask<WebhookReply> SendAsync(WebhookRequest request, CancellationToken cancellationToken);
}

/// <param name="Headers">Besides those of the connection and of the content, which is JSON.</param>
internal sealed record WebhookRequest(Uri Url, IReadOnlyList<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte> Body)
{
    /// <summary>For the whole call.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>May go without TLS, whatever holds for the others: the operator chose it and it stays on this host.</summary>
    public bool AllowPlainHttp { get; init; }
}

/// <summary>What came back.</summary>
internal sealed record WebhookReply
{
    /// <summary>Null when there was no response.</summary>
    public int? Status { get; init; }

    /// <summary>At most 4 KiB of it.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Of 429 and 503 answers (RFC 9110 §10.2.3).</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Why there was no response.</summary>
    public string? Trouble { get; init; }

    public bool IsSuccess => Status is >= 200 and <= 299;

    public bool IsGone => Status == 410;

    /// <summary>A sentence for the owner; null for a success.</summary>
    public string? Error => IsSuccess ? null : Trouble ?? $"answered {Status}, not 2xx";
}
