using System.Net;
using System.Text.Json;

namespace Relay.Delivery;

/// <summary>What is counted for one party: hours of a week, a streak, and the networks it sends from. Bounded.</summary>
internal sealed class BrakeCounts
{
    private const int HoursKept = 7 * 24;
    private const int HoursOfShares = 24;
    private const int MaxNetworks = 64;
    private const int HistoryHours = 24;

    // accepted, delivered, unknown, complained
    private readonly SortedDictionary<long, int[]> _hours = [];
    private readonly Dictionary<string, long> _networks = new(StringComparer.Ordinal);
    private long _firstHour;
    private int _streak;
    private int _forgivenVolume;

    public long LastHour => _hours.Count == 0 ? 0 : _hours.Keys.Last();

    public void Accepted(DateTimeOffset at, IPAddress? client)
    {
        var hour = HourOf(at);
        _firstHour = _firstHour == 0 ? hour : Math.Min(_firstHour, hour);
        Hour(hour)[0]++;
        if (client is not null && (_networks.Count < MaxNetworks || _networks.ContainsKey(NetworkOf(client))))
        {
            _networks.TryAdd(NetworkOf(client), hour);
        }
    }

    public void Delivered(DateTimeOffset at)
    {
        Hour(HourOf(at))[1]++;
        _streak = 0;
    }

    public void Unknown(DateTimeOffset at)
    {
        Hour(HourOf(at))[2]++;
        _streak++;
    }

    public void Complained(DateTimeOffset at) => Hour(HourOf(at))[3]++;

    /// <summary>The rule that is broken now, with what was counted; null: none.</summary>
    public (string Rule, string Reason)? Judge(BrakeOptions options, DateTimeOffset now)
    {
        var hour = HourOf(now);
        var day = _hours.Where(entry => entry.Key > hour - HoursOfShares).Select(entry => entry.Value).ToList();
        var (delivered, unknown, complained) = (day.Sum(h => h[1]), day.Sum(h => h[2]), day.Sum(h => h[3]));
        if (delivered + unknown >= options.MinOutcomes && unknown > (delivered + unknown) * options.MaxBounced)
        {
            return ("bounces", $"{unknown} of {delivered + unknown} recipients of a day do not exist");
        }

        if (complained >= options.MinComplaints && complained * 1000L > (long)delivered * options.MaxComplaintsPerThousand)
        {
            return ("complaints", $"{complained} complaints about {delivered} delivered in a day");
        }

        if (_streak >= options.UnknownStreak)
        {
            return ("unknown-users", $"{_streak} recipients in a row do not exist");
        }

        return Volume(options, hour) ?? Networks(options, hour);
    }

    /// <summary>An operator let the party go: what was counted against it does not count again.</summary>
    public void Forgive(DateTimeOffset now)
    {
        foreach (var counts in _hours.Values)
        {
            counts[1] = counts[2] = counts[3] = 0;
        }

        var hour = HourOf(now);
        _forgivenVolume = _hours.TryGetValue(hour, out var current) ? Math.Max(_forgivenVolume, current[0]) : _forgivenVolume;
        _streak = 0;
        foreach (var network in _networks.Keys.ToList())
        {
            _networks[network] = Math.Min(_networks[network], hour - HistoryHours);
        }
    }

    public string Write() => JsonSerializer.Serialize(new Stored(_hours.ToDictionary(), new Dictionary<string, long>(_networks), _firstHour, _streak, _forgivenVolume));

    public static BrakeCounts Read(string text)
    {
        var stored = JsonSerializer.Deserialize<Stored>(text)!;
        var counts = new BrakeCounts { _firstHour = stored.FirstHour, _streak = stored.Streak, _forgivenVolume = stored.ForgivenVolume };
        foreach (var (hour, values) in stored.Hours.Where(entry => entry.Value.Length == 4))
        {
            counts._hours.Add(hour, values);
        }

        foreach (var (network, hour) in stored.Networks)
        {
            counts._networks.Add(network, hour);
        }

        return counts;
    }

    public static long HourOf(DateTimeOffset at) => at.ToUnixTimeSeconds() / 3600;

    // Against its own history: a party that is new has none.
    private (string, string)? Volume(BrakeOptions options, long hour)
    {
        if (!_hours.TryGetValue(hour, out var current) || current[0] < options.MinVolume || hour - _firstHour < HistoryHours)
        {
            return null;
        }

        var busiest = Math.Max(_forgivenVolume, _hours.Where(entry => entry.Key < hour).Select(entry => entry.Value[0]).DefaultIfEmpty(0).Max());
        return current[0] > (long)busiest * options.VolumeFactor
            ? ("volume", $"{current[0]} messages in this hour, at most {busiest} in an hour of the week before")
            : null;
    }

    private (string, string)? Networks(BrakeOptions options, long hour)
    {
        var recent = _networks.Values.Count(seen => seen >= hour);
        return recent >= options.NewNetworks && _networks.Values.Any(seen => seen <= hour - HistoryHours)
            ? ("new-networks", $"mail from {recent} networks in an hour from which none came before")
            : null;
    }

    private int[] Hour(long hour)
    {
        if (!_hours.TryGetValue(hour, out var counts))
        {
            _hours.Add(hour, counts = new int[4]);
            while (_hours.Count > HoursKept)
            {
                _hours.Remove(_hours.Keys.First());
            }
        }

        return counts;
    }

    // What a person or a company usually moves within.
    private static string NetworkOf(IPAddress address)
    {
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        var bytes = address.GetAddressBytes();
        return Convert.ToHexStringLower(bytes.AsSpan(0, bytes.Length == 4 ? 3 : 6));
    }

    private sealed record Stored(Dictionary<long, int[]> Hours, Dictionary<string, long> Networks, long FirstHour, int Streak, int ForgivenVolume);
}
