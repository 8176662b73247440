using System.Globalization;

namespace Relay.Bench.Simulation;

/// <summary>Who lives where: domains, their receivers, and how many of all recipients each has. Decided by the seed alone.</summary>
/// <remarks>
/// Shares of the large ones follow what senders to consumers in Europe and North America see; the rest are small hosts of their own, of
/// which some greylist, some are slow, some are away for hours, some for good.
/// </remarks>
internal sealed class World
{
    private static readonly Receiver[] Large =
    [
        new()
        {
            Host = "l.google.com", Share = 0.34, Domains = 0.12, PerMinute = 6_000, TooFast = "421 4.7.28 Our system has detected an unusual rate of mail",
            Connections = 60,
        },
        new()
        {
            Host = "olc.protection.outlook.com", Share = 0.13, Domains = 0.002, Connections = 10, PerMinute = 1_500,
            TooManyConnections = "421 4.7.0 RP-003 exceeded the connection limit allowed", TooFast = "451 4.7.650 The mail server has been temporarily rate limited",
        },
        new()
        {
            Host = "mail.protection.outlook.com", Share = 0.12, Domains = 0.18, Connections = 40, PerMinute = 4_000,
            TooFast = "451 4.7.500 Server busy. Please try again later",
        },
        new()
        {
            Host = "am0.yahoodns.net", Share = 0.11, Domains = 0.003, Connections = 10, PerMinute = 1_200, PerConnection = 20,
            TooFast = "421 4.7.0 [TSS04] Messages temporarily deferred due to unexpected volume or user complaints",
        },
        new()
        {
            Host = "mail.icloud.com", Share = 0.05, Domains = 0.002, Connections = 30, PerMinute = 1_500,
            TooFast = "421 4.7.1 Messages deferred due to excessive volume",
        },
        new()
        {
            Host = "web.de", Share = 0.05, Domains = 0.002, Connections = 5, PerMinute = 400,
            TooFast = "421 4.0.0 Too many messages have been received in a short period of time. Please try again in a few minutes",
        },
        new()
        {
            Host = "smtp-in.orange.fr", Share = 0.02, Domains = 0.001, Connections = 2, PerMinute = 300,
            TooManyConnections = "421 4.0.0 OFR004_104 Too many connections, slow down",
        },
        new()
        {
            Host = "t-online.de", Share = 0.02, Domains = 0.001, Connections = 5, PerMinute = 600,
        },
        new()
        {
            Host = "ess.barracudanetworks.com", Share = 0.02, Domains = 0.03, Connections = 8, PerMinute = 300, TooFast = "421 4.7.0 rate control: too many messages",
        },
        new()
        {
            Host = "mimecast.com", Share = 0.02, Domains = 0.03, Greylists = TimeSpan.FromMinutes(1), Greylisted = "451 4.7.0 Internal resources are temporarily unavailable",
        },
    ];

    private readonly int[] _cumulated;

    public World(SimulationOptions options)
    {
        var random = new Random(options.Seed);
        var domains = new List<Domain>();
        foreach (var receiver in Large)
        {
            var count = Math.Max(1, (int)(receiver.Domains * options.Domains));
            for (var i = 0; i < count; i++)
            {
                var host = "mx" + i.ToString(CultureInfo.InvariantCulture) + "." + receiver.Host;
                domains.Add(NewDomain(domains.Count, receiver, host, receiver.Share / count, random));
            }
        }

        var small = options.Domains - domains.Count;
        var rest = 1 - Large.Sum(r => r.Share);
        for (var i = 0; i < small; i++)
        {
            var name = "own" + i.ToString(CultureInfo.InvariantCulture) + ".example";
            domains.Add(NewDomain(domains.Count, SmallHost("mx." + name, random), "mx." + name, rest / small, random));
        }

        Domains = domains;
        _cumulated = Spread(domains, options.Recipients);
    }

    /// <summary>A world of exactly these domains; whose mail comes when is told by who made it.</summary>
    public World(IReadOnlyList<Domain> domains)
    {
        Domains = domains;
        _cumulated = [];
    }

    public IReadOnlyList<Domain> Domains { get; }

    /// <summary>The domain of the n-th recipient, mixed so that receivers do not come one after the other.</summary>
    public Domain DomainOf(int recipient)
    {
        // A stride without a common factor visits each place once.
        var place = (int)((recipient * 7_368_787L) % _cumulated[^1]);
        var index = Array.BinarySearch(_cumulated, place + 1);
        return Domains[index < 0 ? ~index : index];
    }

    // A few domains of each receiver have most of its recipients.
    private static Domain NewDomain(int number, Receiver receiver, string host, double share, Random random) =>
        new(number, "d" + number.ToString(CultureInfo.InvariantCulture) + ".test", host, receiver, share * (0.2 + (1.6 * random.NextDouble())));

    private static Receiver SmallHost(string host, Random random)
    {
        var kind = random.Next(100);
        var own = new Receiver { Host = host, Share = 0, Connections = 5 + random.Next(20), Unknown = 0.02 };
        return kind switch
        {
            < 15 => own with { Greylists = TimeSpan.FromMinutes(5) },
            < 22 => own with { Transaction = TimeSpan.FromSeconds(4) },
            < 27 => own with { Away = TimeSpan.FromHours(1 + random.Next(5)) },
            < 29 => own with { Away = TimeSpan.FromHours(2), Timeout = TimeSpan.FromSeconds(30) },
            < 30 => own with { Away = TimeSpan.FromDays(365) },
            < 40 => own with { PerMinute = 30 },
            _ => own,
        };
    }

    private static int[] Spread(List<Domain> domains, int recipients)
    {
        var total = domains.Sum(d => d.Share);
        var cumulated = new int[domains.Count];
        var sum = 0.0;
        for (var i = 0; i < domains.Count; i++)
        {
            sum += domains[i].Share;
            cumulated[i] = (int)Math.Round(recipients * sum / total);
        }

        return cumulated;
    }
}

/// <param name="Share">Of all recipients, before it is evened out.</param>
internal sealed record Domain(int Number, string Name, string Host, Receiver Receiver, double Share);
