using System.Globalization;

namespace Relay.Delivery;

/// <summary>What holds something back, and until when; <see cref="DateTimeOffset.MaxValue"/> when only an end of other work helps.</summary>
internal readonly record struct ThrottleWait(Throttle Throttle, string Limit, DateTimeOffset Until)
{
    public override string ToString() => $"{Limit} of {Throttle.Name} ({Throttle.Origin})";
}

/// <summary>Limits that are counted together for one account, login, stream, campaign, domain, site, source or path. Guarded by the dispatcher's lock.</summary>
/// <remarks>
/// Of several rates that of the shortest period is spread evenly, the others are budgets. Whoever waits here has not attempted anything.
/// </remarks>
internal sealed class Throttle
{
    // Until the counts are written; the keeper asks the queues again when they are.
    private static readonly TimeSpan WriteTime = TimeSpan.FromMilliseconds(50);

    /// <summary>What is waited for while the store does not know yet how much may have been counted.</summary>
    public const string BeingWritten = "the count being written";

    private const string ReserveKey = "reserve";
    private const long SmallestBytes = 64 * 1024;

    // So many tasks per connection are fetched in advance of a free one.
    private const int TasksPerConnection = 8;
    private static readonly TimeSpan DurablePeriod = TimeSpan.FromHours(1);

    private ThrottleOptions _options;
    private RateMeter? _pace;
    private (SlidingBudget Budget, string Text)[] _budgets = [];
    private SlidingBudget? _bytes;
    private string _bytesText = string.Empty;
    private string _connectionsText = string.Empty;
    private string _paceText = string.Empty;

    /// <param name="name">For people: <c>account 7</c>.</param>
    /// <param name="origin">Where it was set: <c>limits.account."7"</c>.</param>
    public Throttle(LimitScope scope, string name, string origin, ThrottleOptions options)
    {
        Scope = scope;
        Name = name;
        Origin = origin;
        _options = options;
        Set(options);
    }

    public LimitScope Scope { get; }

    public string Name { get; }

    public string Origin { get; private set; }

    public int? MaxMessagesPerConnection => _options.MaxMessagesPerConnection;

    public int? MaxRecipientsPerTransaction => _options.MaxRecipientsPerTransaction;

    /// <summary>Jobs under way, each on a connection of its own.</summary>
    public int Active { get; private set; }

    /// <summary>Tasks in memory or about to be that will want tokens.</summary>
    public int Outstanding { get; private set; }

    /// <summary>Counts over an hour or more survive a restart.</summary>
    public bool IsDurable { get; private set; }

    /// <summary>Counted since the last <see cref="Save"/>, or that could not be written.</summary>
    public bool IsChanged { get; set; }

    /// <summary>Null: nobody writes ahead, and a crash forgets what was counted since the last time.</summary>
    public BudgetReserve? Reserve { get; private set; }

    /// <summary>Lanes that shall be asked again when there is room.</summary>
    public WaitingLanes Waiting { get; } = new();

    /// <summary>Queues with jobs that wait for one of our connections to end.</summary>
    public HashSet<SiteQueue> Blocked { get; } = [];

    /// <summary>What holds a message of this size back; null when it may go.</summary>
    public ThrottleWait? WaitOf(DateTimeOffset now, long bytes, bool needsConnection = true)
    {
        if (needsConnection && _options.MaxConnections is { } max && Active >= max)
        {
            return new ThrottleWait(this, _connectionsText, DateTimeOffset.MaxValue);
        }

        var (until, limit) = (now, string.Empty);
        if (_pace is not null && _pace.NextAt(now) is var token && token > until)
        {
            (until, limit) = (token, _paceText);
        }

        foreach (var (budget, text) in _budgets)
        {
            if (budget.NextAt(now, 1) is var free && free > until)
            {
                (until, limit) = (free, text);
            }
        }

        if (_bytes is not null && _bytes.NextAt(now, bytes) is var room && room > until)
        {
            (until, limit) = (room, _bytesText);
        }

        if (until > now)
        {
            return new ThrottleWait(this, limit, until);
        }

        return Reserve?.Covers(bytes) == false ? new ThrottleWait(this, BeingWritten, now + WriteTime) : null;
    }

    /// <summary>Counts a message; to be called when nothing holds it back.</summary>
    public void Take(DateTimeOffset now, long bytes)
    {
        _pace?.TryTake(now);
        foreach (var (budget, _) in _budgets)
        {
            budget.Take(now, 1);
        }

        _bytes?.Take(now, bytes);
        Reserve?.Take(bytes);
        IsChanged = true;
    }

    /// <summary>From now on nothing is counted that the store does not take for used already.</summary>
    /// <param name="wanted">Told when the counts should be written soon.</param>
    public void WriteAhead(Action wanted)
    {
        if (IsDurable && Reserve is null)
        {
            var rates = _options.MessageRate?.Items.Where(r => r.Period >= DurablePeriod).Select(r => r.Count).ToList() ?? [];
            Reserve = new BudgetReserve(
                rates.Count == 0 ? null : Math.Max(1, rates.Min() / BudgetReserve.Share),
                _bytes?.Period >= DurablePeriod ? Math.Max(SmallestBytes, _options.ByteRate!.Bytes / BudgetReserve.Share) : null,
                wanted);
        }
    }

    /// <summary>Other limits from now on. What was counted within a period counts on where the period stays; a period that is new begins empty.</summary>
    /// <remarks>What is written ahead was measured by the old limits: until <see cref="WriteAhead"/> is asked again there is none.</remarks>
    public void Change(string origin, ThrottleOptions options)
    {
        Origin = origin;
        if (options != _options)
        {
            Set(options);
            Reserve = null;
            IsChanged = true;
        }
    }

    /// <summary>Less when negative.</summary>
    public void Begin(int jobs = 1) => Active += jobs;

    public void End() => Active--;

    /// <summary>Less when negative.</summary>
    public void Hold(int tasks) => Outstanding += tasks;

    /// <summary>Tasks that may still be fetched, since they can go by then; 0 or more.</summary>
    public int RoomBy(DateTimeOffset now, DateTimeOffset until)
    {
        var room = _pace?.AvailableBy(now, until) ?? int.MaxValue;
        foreach (var (budget, _) in _budgets)
        {
            room = (int)Math.Min(room, budget.Available(now));
        }

        if (_options.MaxConnections is { } max)
        {
            room = Math.Min(room, max * TasksPerConnection);
        }

        if (_bytes is not null && !_bytes.CanTake(now, 1))
        {
            room = 0;
        }

        return Math.Max(0, room - Outstanding);
    }

    /// <summary>Nothing would be lost by forgetting it.</summary>
    public bool IsIdle(DateTimeOffset now) =>
        Active == 0 && Outstanding == 0 && Waiting.Count == 0 && Blocked.Count == 0
        && (_pace is null || _pace.IsFull(now))
        && Array.TrueForAll(_budgets, b => b.Budget.IsUntouched(now))
        && _bytes?.IsUntouched(now) != false;

    private void Set(ThrottleOptions options)
    {
        _options = options;
        _paceText = options.MessageRate is { } paced ? $"message_rate {paced.Pace}" : string.Empty;
        _pace = options.MessageRate is { } rates ? PaceOf(rates.Pace) : null;
        _budgets = [.. (options.MessageRate?.Budgets ?? []).Select(r => (BudgetOf(r), $"message_rate {r}"))];
        _bytes = options.ByteRate is { } octets ? BudgetOf(_bytes, octets.Bytes, octets.Period) : null;
        _bytesText = options.ByteRate is { } bytes ? $"byte_rate {bytes}" : string.Empty;
        _connectionsText = options.MaxConnections is { } max ? string.Create(CultureInfo.InvariantCulture, $"max_connections {max}") : string.Empty;
        IsDurable = options.MessageRate?.Items.Any(r => r.Period >= DurablePeriod) == true || options.ByteRate?.Period >= DurablePeriod;
    }

    private RateMeter PaceOf(MessageRate rate)
    {
        _pace?.Change(rate);
        return _pace ?? new RateMeter(rate);
    }

    private SlidingBudget BudgetOf(MessageRate rate) => BudgetOf(Array.Find(_budgets, b => b.Budget.Period == rate.Period).Budget, rate.Count, rate.Period);

    private static SlidingBudget BudgetOf(SlidingBudget? known, long limit, TimeSpan period)
    {
        if (known is null || known.Period != period)
        {
            return new SlidingBudget(limit, period);
        }

        known.Change(limit);
        return known;
    }

    /// <summary>Counts over an hour or more as text, with what may be counted before the next time.</summary>
    public string Save(BudgetReserve.Amount? reserve = null)
    {
        IsChanged = false;
        var parts = new List<string>();
        if (reserve is { } amount)
        {
            parts.Add($"{ReserveKey}={amount}");
        }

        if (_options.MessageRate is { } rates && rates.Pace.Period >= DurablePeriod)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"pace={_pace!.FullAt}"));
        }

        parts.AddRange(_budgets.Where(b => b.Budget.Period >= DurablePeriod)
            .Select(b => string.Create(CultureInfo.InvariantCulture, $"{b.Budget.Period.Ticks}={b.Budget.Save()}")));
        if (_bytes?.Period >= DurablePeriod)
        {
            parts.Add("bytes=" + _bytes.Save());
        }

        return string.Join(';', parts);
    }

    /// <summary>Goes on with counts of an earlier process; those of limits that are gone count for nothing.</summary>
    /// <param name="startedAt">By then all of the reserve may have been used.</param>
    public void Restore(string text, DateTimeOffset now, DateTimeOffset startedAt)
    {
        var reserve = new BudgetReserve.Amount(0, 0);
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = equals < 0 ? (part, string.Empty) : (part[..equals], part[(equals + 1)..]);
            if (name == ReserveKey)
            {
                reserve = BudgetReserve.Amount.Parse(value) ?? reserve;
            }
            else if (name == "pace" && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var fullAt))
            {
                _pace?.Restore(fullAt, now, (int)Math.Min(reserve.Messages, int.MaxValue / 2), startedAt);
            }
            else if (name == "bytes")
            {
                _bytes?.Restore(value, now);
            }
            else if (long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var period))
            {
                Array.Find(_budgets, b => b.Budget.Period.Ticks == period).Budget?.Restore(value, now);
            }
        }

        foreach (var (budget, _) in _budgets.Where(b => b.Budget.Period >= DurablePeriod))
        {
            budget.Add(startedAt, now, reserve.Messages);
        }

        if (_bytes?.Period >= DurablePeriod)
        {
            _bytes.Add(startedAt, now, reserve.Bytes);
        }
    }
}

/// <summary>Several throttles that all must let a message through.</summary>
internal static class ThrottleSet
{
    public static ThrottleWait? WaitOf(Throttle[] throttles, DateTimeOffset now, long bytes, bool needsConnection = true)
    {
        ThrottleWait? longest = null;
        foreach (var throttle in throttles)
        {
            if (throttle.WaitOf(now, bytes, needsConnection) is { } wait && (longest is null || wait.Until > longest.Value.Until))
            {
                longest = wait;
            }
        }

        return longest;
    }

    public static void Take(Throttle[] throttles, DateTimeOffset now, long bytes)
    {
        foreach (var throttle in throttles)
        {
            throttle.Take(now, bytes);
        }
    }

    public static void Hold(Throttle[] throttles, int tasks)
    {
        foreach (var throttle in throttles)
        {
            throttle.Hold(tasks);
        }
    }

    public static int RoomBy(Throttle[] throttles, DateTimeOffset now, DateTimeOffset until, out Throttle? tightest)
    {
        var room = int.MaxValue;
        tightest = null;
        foreach (var throttle in throttles)
        {
            if (throttle.RoomBy(now, until) is var its && its < room)
            {
                (room, tightest) = (its, throttle);
            }
        }

        return room;
    }
}
