using Relay.Delivery;
using Relay.Queue;

namespace Relay.Bench.Simulation;

/// <summary>One run: a world, mail for it, and the time until all of it is settled.</summary>
internal sealed class Simulation
{
    private static readonly DateTimeOffset Start = new(2030, 1, 7, 8, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan AcceptEvery = TimeSpan.FromMilliseconds(100);

    private readonly SimulationOptions _options;
    private readonly World _world;
    private readonly EventLoop _time = new(Start);
    private readonly SimulatedQueue _store;
    private readonly Engine _engine;
    private int _accepted;

    public Simulation(SimulationOptions options)
    {
        _options = options;
        _world = new World(options);
        var delivery = DeliveryOptionsOf(options);
        _store = new SimulatedQueue(options.Recipients, delivery.Retry.ExpireAfter, _time);
        _engine = new Engine(delivery, _world, _store, _time, options.Seed);
    }

    public SimulationResult Run()
    {
        _engine.Start();
        Accept();
        _time.Run(() => _accepted == _options.Recipients && _store.Open == 0, Start.AddHours(_options.Hours));
        return SimulationResult.Of(_world, _store, _engine, Start, _time);
    }

    private void Accept()
    {
        var batch = Math.Min(_options.Recipients - _accepted, Math.Max(1, (int)(_options.AcceptedPerSecond * AcceptEvery.TotalSeconds)));
        for (var i = 0; i < batch; i++, _accepted++)
        {
            _store.Add(_accepted, _world.DomainOf(_accepted).Name, PriorityOf(_accepted));
        }

        if (_accepted < _options.Recipients)
        {
            _time.After(AcceptEvery, Accept);
        }
    }

    // Two of a hundred are sign-ins and receipts, a tenth is notices, the rest a campaign.
    private static MessagePriority PriorityOf(int recipient) => (recipient % 100) switch
    {
        < 2 => MessagePriority.High,
        < 12 => MessagePriority.Normal,
        _ => MessagePriority.Low,
    };

    /// <summary>What an operator has with the configuration of the defaults, so many sources, and two limits of his own.</summary>
    public static DeliveryOptions DeliveryOptionsOf(SimulationOptions options)
    {
        var loaded = ConfigurationLoader.Load(new ConfigurationInput
        {
            File = null,
            WorkingFolder = AppContext.BaseDirectory,
            Environment = new Dictionary<string, string>(),
            Files = new NoFiles(),
            MachineName = "relay.example.org",
        });
        return loaded.Options!.ToDelivery(isSandbox: false) with
        {
            Sources = Enumerable.Range(0, options.Sources).ToDictionary(i => "s" + i.ToString(System.Globalization.CultureInfo.InvariantCulture), _ => new EgressSourceOptions()),
            Sites = new Dictionary<string, SiteOptions>
            {
                ["united-internet"] = new() { MessageRate = new MessageRate(6, TimeSpan.FromSeconds(1)) },
                ["apple"] = new() { MessageRate = new MessageRates([new MessageRate(20, TimeSpan.FromSeconds(1)), new MessageRate(30_000, TimeSpan.FromHours(1))]) },
            },
        };
    }

    private sealed class NoFiles : IConfigurationFiles
    {
        public bool Exists(string path) => false;

        public byte[]? TryRead(string path, int maxBytes, out string problem)
        {
            problem = "does not exist";
            return null;
        }
    }
}
