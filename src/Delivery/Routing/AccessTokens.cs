namespace Relay.Delivery;

/// <summary>Access tokens for logins at next hops, each asked for once and kept until shortly before it ends. Thread safe.</summary>
/// <remarks>A failed request is not repeated for a few seconds: a hundred waiting connections must not become a hundred requests.</remarks>
internal sealed class AccessTokens(ITokenEndpoint endpoint, TimeProvider time)
{
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FailureLife = TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();

    // One entry per configured route, so it stays small.
    private readonly Dictionary<OAuthOptions, Entry> _entries = [];

    /// <exception cref="AccessTokenException">There is no token for now.</exception>
    public async ValueTask<string> GetAsync(OAuthOptions options, CancellationToken cancellationToken)
    {
        var entry = EntryOf(options);
        await entry.Turn.WaitAsync(cancellationToken);
        try
        {
            if (time.GetUtcNow() >= entry.Until)
            {
                await FetchAsync(options, entry, cancellationToken);
            }

            return entry.Token ?? throw new AccessTokenException(entry.Failure!);
        }
        finally
        {
            entry.Turn.Release();
        }
    }

    /// <summary>The next call asks anew, unless somebody has done so since.</summary>
    public void Forget(OAuthOptions options, string token)
    {
        var entry = EntryOf(options);
        if (entry.Token == token)
        {
            entry.Until = DateTimeOffset.MinValue;
        }
    }

    private async ValueTask FetchAsync(OAuthOptions options, Entry entry, CancellationToken cancellationToken)
    {
        try
        {
            var granted = await endpoint.AskAsync(options, cancellationToken);
            var life = granted.Life > 2 * Margin ? granted.Life - Margin : granted.Life / 2;
            (entry.Token, entry.Failure, entry.Until) = (granted.Token, null, time.GetUtcNow() + life);
        }
        catch (AccessTokenException trouble)
        {
            (entry.Token, entry.Failure, entry.Until) = (null, trouble.Message, time.GetUtcNow() + FailureLife);
        }
    }

    private Entry EntryOf(OAuthOptions options)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(options, out var entry))
            {
                _entries[options] = entry = new Entry();
            }

            return entry;
        }
    }

    private sealed class Entry
    {
        /// <summary>Held while a token is asked for, so that others wait for that answer.</summary>
        public SemaphoreSlim Turn { get; } = new(1, 1);

        public string? Token { get; set; }

        public string? Failure { get; set; }

        public DateTimeOffset Until { get; set; } = DateTimeOffset.MinValue;
    }
}

/// <summary>There is no access token; the message is a sentence for the operator and holds no secret.</summary>
internal sealed class AccessTokenException(string message, Exception? inner = null) : Exception(message, inner);
