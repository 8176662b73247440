namespace Relay.Queue;

/// <summary>Whose mail it is, as far as turns are concerned: mail of one flow waits behind its own kind only.</summary>
public readonly struct QueueFlow : IEquatable<QueueFlow>
{
    private QueueFlow(long id, long accountId, string? user, MailStream stream, string? tag)
    {
        Id = id;
        AccountId = accountId;
        User = user;
        Stream = stream;
        Tag = tag;
    }

    public QueueFlow(long accountId, string? user, MailStream stream, string? tag)
        : this(IdOf(accountId, user, stream, tag), accountId, user, stream, tag)
    {
    }

    /// <summary>Mail of the first account without login and tag: what a plain submission from a relay network makes.</summary>
    public static QueueFlow Default { get; } = new(1, null, MailStream.Transactional, null);

    /// <summary>A stable hash of the rest; 0 for mail stored before there were flows. Two flows that share one merely take turns together.</summary>
    public long Id { get; }

    /// <summary>0 when it is not known.</summary>
    public long AccountId { get; }

    /// <summary>Name of the credential that submitted the mail; null for relay networks and our own reports.</summary>
    public string? User { get; }

    public MailStream Stream { get; }

    /// <summary>The campaign: the first of the message's tags; null without any.</summary>
    public string? Tag { get; }

    public static bool operator ==(QueueFlow left, QueueFlow right) => left.Equals(right);

    public static bool operator !=(QueueFlow left, QueueFlow right) => !left.Equals(right);

    public static QueueFlow Of(QueuedMessage message) =>
        new(message.AccountId, message.User, message.Stream, message.Tags.Count == 0 ? null : message.Tags[0]);

    /// <summary>A flow as a store kept it, with the id it has there.</summary>
    public static QueueFlow Stored(long id, long accountId, string? user, MailStream stream, string? tag) => new(id, accountId, user, stream, tag);

    public bool Equals(QueueFlow other) => Id == other.Id;

    public override bool Equals(object? obj) => obj is QueueFlow other && Equals(other);

    public override int GetHashCode() => Id.GetHashCode();

    public override string ToString() => $"account {AccountId}, {(User is null ? "no login" : "user " + User)}, {Stream.ToString().ToLowerInvariant()}, {(Tag is null ? "no tag" : "tag " + Tag)}";

    // FNV-1a over the parts, each closed by an octet that no UTF-8 text holds: stored, so never to be changed.
    private static long IdOf(long accountId, string? user, MailStream stream, string? tag)
    {
        const ulong Basis = 14695981039346656037;
        var hash = Add(Add(Basis, unchecked((ulong)accountId)), (ulong)stream);
        hash = Add(Add(hash, user), tag);
        var id = unchecked((long)(hash & long.MaxValue));
        return id == 0 ? 1 : id;
    }

    private static ulong Add(ulong hash, string? text)
    {
        hash = Step(hash, text is null ? (byte)0xfe : (byte)0xff);
        if (text is null)
        {
            return hash;
        }

        Span<byte> octets = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            var length = rune.EncodeToUtf8(octets);
            for (var i = 0; i < length; i++)
            {
                hash = Step(hash, octets[i]);
            }
        }

        return hash;
    }

    private static ulong Add(ulong hash, ulong value)
    {
        for (var i = 0; i < 8; i++)
        {
            hash = Step(hash, (byte)(value >> (8 * i)));
        }

        return hash;
    }

    private static ulong Step(ulong hash, byte octet) => unchecked((hash ^ octet) * 1099511628211);
}

/// <summary>The unit of leasing: mail of one flow under one queue key. However much one flow has there, it stands beside the others, not before them.</summary>
public readonly record struct QueueLane(string Key, QueueFlow Flow)
{
    /// <summary>The lane of <see cref="QueueFlow.Default"/>.</summary>
    public static QueueLane Of(string key) => new(key, QueueFlow.Default);

    public override string ToString() => $"{Key} ({Flow})";
}
