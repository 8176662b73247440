using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace Relay.Platform.Emails;

/// <summary>Requests that may be repeated: which keys are in work now, and which have made e-mails already.</summary>
/// <remarks>
/// The claim in memory keeps two requests of this process apart; the key's row, unique and written with the e-mails, is what counts
/// across a restart.
/// </remarks>
public sealed class IdempotencyKeys(IEmailStore store, TimeProvider time)
{
    public const string HeaderName = "Idempotency-Key";

    private readonly ConcurrentDictionary<(long AccountId, string Key), bool> _running = new();

    /// <summary>The key of a request; null without one.</summary>
    public static (string? Key, ApiFault? Fault) Read(HttpRequest request)
    {
        var values = request.Headers[HeaderName];
        return values.Count switch
        {
            0 => (null, null),
            1 when values[0] is { Length: >= 1 and <= EmailLimits.MaxIdempotencyKeyLength } key => (key, null),
            _ => (null, ApiFault.BadField(HeaderName, $"must be given once, with 1 to {EmailLimits.MaxIdempotencyKeyLength} characters")),
        };
    }

    /// <summary>A claim to work under the key; or the answer of an earlier request; or why neither.</summary>
    public async ValueTask<ApiResult<IdempotencyClaim>> ClaimAsync(long accountId, string key, ReadOnlyMemory<byte> digest, CancellationToken cancellationToken)
    {
        // A finished key is answered by any number of requests at a time; only who would work must be alone.
        if (await FindAsync(accountId, key, digest, cancellationToken) is { } earlier)
        {
            return earlier;
        }

        if (!_running.TryAdd((accountId, key), true))
        {
            return InWork();
        }

        var isClaimed = false;
        try
        {
            var finished = await FindAsync(accountId, key, digest, cancellationToken);
            isClaimed = finished is null;
            return finished ?? new IdempotencyClaim(accountId, key, digest, () => _running.TryRemove((accountId, key), out _));
        }
        finally
        {
            if (!isClaimed)
            {
                _running.TryRemove((accountId, key), out _);
            }
        }
    }

    public static ApiFault InWork() =>
        ApiFault.Conflict($"another request with this {HeaderName} is being processed; retry in a moment") with { RetryAfter = TimeSpan.FromSeconds(1) };

    private async ValueTask<ApiResult<IdempotencyClaim>?> FindAsync(
        long accountId, string key, ReadOnlyMemory<byte> digest, CancellationToken cancellationToken)
    {
        var entry = await store.FindIdempotencyAsync(accountId, key, cancellationToken);
        if (entry is null || entry.CreatedAt + IdempotencyEntry.Lifetime <= time.GetUtcNow())
        {
            return null;
        }

        return entry.BodyDigest.Span.SequenceEqual(digest.Span)
            ? new IdempotencyClaim(entry)
            : ApiFault.NotUnique($"this {HeaderName} was used for a request with another body");
    }
}

/// <summary>The right to work under a key until disposed, or what an earlier request under it has made.</summary>
public sealed class IdempotencyClaim : IDisposable
{
    private readonly long _accountId;
    private readonly string _key;
    private readonly ReadOnlyMemory<byte> _digest;
    private readonly Action? _release;

    public IdempotencyClaim(IdempotencyEntry earlier)
    {
        Earlier = earlier;
        _key = earlier.Key;
    }

    public IdempotencyClaim(long accountId, string key, ReadOnlyMemory<byte> digest, Action release)
    {
        _accountId = accountId;
        _key = key;
        _digest = digest;
        _release = release;
    }

    public IdempotencyEntry? Earlier { get; }

    public IdempotencyEntry Entry(IReadOnlyList<Queue.QueueId> ids, DateTimeOffset at) => new()
    {
        AccountId = _accountId,
        Key = _key,
        BodyDigest = _digest,
        Ids = ids,
        CreatedAt = at,
    };

    public void Dispose() => _release?.Invoke();
}
