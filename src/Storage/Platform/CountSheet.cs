using System.Security.Cryptography;
using System.Text;
using Relay.Platform.Analytics;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>Adds up the events of one batch by bucket, within its transaction.</summary>
internal sealed class CountSheet(SqliteConnection connection)
{
    /// <summary>Tags and domains of an account that get rows of their own on a day; those beyond count in the account's sums only.</summary>
    public const int MaxNames = 1_000;

    private const int TagKind = 0;
    private const int DomainKind = 1;
    private const long HourMs = 3_600_000;
    private const long DayMs = 24 * HourMs;

    private const string HasName = "SELECT 1 FROM aggregate_name WHERE day = ? AND account_id = ? AND kind = ? AND name = ?";

    private const string CountNames = "SELECT count(*) FROM aggregate_name WHERE day = ? AND account_id = ? AND kind = ?";

    private const string InsertName = "INSERT INTO aggregate_name (day, account_id, kind, name) VALUES (?, ?, ?, ?)";

    private const string InsertSeen =
        "INSERT INTO first_seen (message_id, account_id, kind, recipient) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";

    private readonly Dictionary<CountBucket, Counts> _buckets = [];
    private readonly Dictionary<(long Day, long AccountId, int Kind, string Name), bool> _names = [];

    public IReadOnlyDictionary<CountBucket, Counts> Buckets => _buckets;

    public void Add(CountedEvent counted)
    {
        var isFirst = counted.Once is { } once && IsFirst(counted, once);
        var day = Begin(counted.At, DayMs);
        var domain = counted.Domain.Length > 0 && HasRows(day, counted.AccountId, DomainKind, counted.Domain) ? counted.Domain : string.Empty;
        AddTo(counted, string.Empty, domain, isFirst);
        foreach (var tag in counted.Tags)
        {
            if (HasRows(day, counted.AccountId, TagKind, tag))
            {
                AddTo(counted, tag, domain, isFirst);
            }
        }
    }

    private void AddTo(CountedEvent counted, string tag, string domain, bool isFirst)
    {
        AddTo(new CountBucket(counted.AccountId, CountSpan.Hour, tag, Begin(counted.At, HourMs), domain, counted.Stream), counted, isFirst);
        AddTo(new CountBucket(counted.AccountId, CountSpan.Day, tag, Begin(counted.At, DayMs), domain, counted.Stream), counted, isFirst);
    }

    private void AddTo(CountBucket bucket, CountedEvent counted, bool isFirst)
    {
        if (!_buckets.TryGetValue(bucket, out var counts))
        {
            _buckets.Add(bucket, counts = new Counts());
        }

        foreach (var counter in counted.Counters)
        {
            counts[counter]++;
        }

        if (isFirst)
        {
            counts[counted.Once!.Value]++;
        }
    }

    private bool IsFirst(CountedEvent counted, Counter once)
    {
        var recipient = SHA256.HashData(Encoding.UTF8.GetBytes(counted.Recipient!.ToLowerInvariant())).AsSpan(0, 16);
        connection.Use(InsertSeen).Bind(counted.MessageId.ToBytes()).Bind(counted.AccountId).Bind((long)once).Bind(recipient).Run();
        return connection.Changes > 0;
    }

    private bool HasRows(long day, long accountId, int kind, string name)
    {
        var key = (day, accountId, kind, name);
        if (!_names.TryGetValue(key, out var hasRows))
        {
            _names.Add(key, hasRows = IsKnown(day, accountId, kind, name) || TryAddName(day, accountId, kind, name));
        }

        return hasRows;
    }

    private bool IsKnown(long day, long accountId, int kind, string name)
    {
        using var query = connection.Use(HasName).Bind(day).Bind(accountId).Bind(kind).Bind(name);
        return query.Read();
    }

    private bool TryAddName(long day, long accountId, int kind, string name)
    {
        using (var count = connection.Use(CountNames).Bind(day).Bind(accountId).Bind(kind))
        {
            if (count.Read() && count.Int64(0) >= MaxNames)
            {
                return false;
            }
        }

        connection.Use(InsertName).Bind(day).Bind(accountId).Bind(kind).Bind(name).Run();
        return true;
    }

    private static long Begin(DateTimeOffset at, long span)
    {
        var milliseconds = at.ToUnixTimeMilliseconds();
        return milliseconds - (((milliseconds % span) + span) % span);
    }
}

/// <param name="At">Begin of the span, unix milliseconds.</param>
internal readonly record struct CountBucket(long AccountId, CountSpan Span, string Tag, long At, string Domain, MailStream Stream);
