namespace Relay.Dns;

/// <summary>Follows CNAMEs from the name asked for to the records, through one or more messages.</summary>
/// <remarks>
/// A recursive server sends the whole chain in one answer. Where it stops in the middle, <see cref="Name"/> is the name to ask
/// for next. The chain's lifetime is its shortest-lived link; it is authentic when every message was.
/// </remarks>
internal sealed class AliasChain<T>
{
    public const int MaxAliases = 8;

    /// <summary>
    /// For negative answers without SOA. RFC 2308 §5 would not keep them, lest caches feed each other; a stub is the end of the
    /// line, and some forwarders always leave the SOA out.
    /// </summary>
    public static readonly TimeSpan UnstatedNegativeLifetime = TimeSpan.FromSeconds(30);

    private readonly List<T> _records = [];
    private TimeSpan _timeToLive = TimeSpan.MaxValue;
    private bool _isAuthentic = true;
    private int _aliases;
    private string? _fault;
    private DnsStatus _status = DnsStatus.NoData;

    public AliasChain(string name)
    {
        Name = name;
    }

    /// <summary>Where the chain has come to.</summary>
    public string Name { get; private set; }

    /// <summary>Reads the answer to a question for <see cref="Name"/>; false when the next link must be asked for.</summary>
    public bool Extend(DnsMessage message, bool isAuthentic)
    {
        _isAuthentic &= isAuthentic;
        var askedName = Name;
        while (!Collect(message))
        {
            var alias = FindAlias(message);
            if (alias is null)
            {
                return EndWithoutRecords(message, leftTheAnswer: Name != askedName);
            }

            if (++_aliases > MaxAliases)
            {
                _fault = $"more than {MaxAliases} CNAMEs in a row";
                return true;
            }

            Shorten(alias.TimeToLive);
            Name = ((AliasRecord)alias.Data).Target;
        }

        _status = DnsStatus.Success;
        return true;
    }

    public DnsAnswer<T> ToAnswer(TimeSpan failureLifetime) => _fault is not null
        ? new DnsAnswer<T>(DnsStatus.ServerFailure, []) { Detail = _fault, TimeToLive = failureLifetime }
        : new DnsAnswer<T>(_status, _records) { TimeToLive = _timeToLive, IsAuthentic = _isAuthentic };

    private bool Collect(DnsMessage message)
    {
        foreach (var record in message.Answers)
        {
            if (record.Data is T data && DnsName.AreEqual(record.Owner, Name))
            {
                _records.Add(data);
                Shorten(record.TimeToLive);
            }
        }

        return _records.Count > 0;
    }

    private ResourceRecord? FindAlias(DnsMessage message)
    {
        foreach (var record in message.Answers)
        {
            if (record.Data is AliasRecord && DnsName.AreEqual(record.Owner, Name))
            {
                return record;
            }
        }

        return null;
    }

    /// <summary>NXDOMAIN is about the end of the chain (RFC 6604 §2), and so is a SOA.</summary>
    private bool EndWithoutRecords(DnsMessage message, bool leftTheAnswer)
    {
        var isDefinite = message.Code == ResponseCode.NameError || message.NegativeTimeToLive is not null;
        if (leftTheAnswer && !isDefinite)
        {
            return false;
        }

        _status = message.Code == ResponseCode.NameError ? DnsStatus.NoSuchDomain : DnsStatus.NoData;
        Shorten(message.NegativeTimeToLive ?? UnstatedNegativeLifetime);
        return true;
    }

    private void Shorten(TimeSpan timeToLive)
    {
        if (timeToLive < _timeToLive)
        {
            _timeToLive = timeToLive;
        }
    }
}
