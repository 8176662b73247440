using Microsoft.Extensions.Logging.Abstractions;
using Relay.Delivery;
using Relay.Queue;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ReloadServiceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_store_that_is_away_ends_no_server_and_the_next_reload_counts()
    {
        var file = Path.Combine(_folder.Path, "relay.toml");
        await File.WriteAllTextAsync(file, "hostname = \"mail.example.com\"\n");
        var read = ConfigurationLoader.Load(ConfigurationInput.OfProcess(file));
        var audit = new UnsteadyAudit { IsAway = true };
        var keys = new DkimKeys(new MemoryDkimKeyStore(), KeyRing.Parse(KeyRing.CreateText()), audit, TimeProvider.System);
        using var configuration = new ConfigurationControl(
            new LoadedConfiguration(read.Options!, read.Warnings, read.Settings, read.File),
            new LiveParts(read.Options!),
            new NoDelivery(),
            keys,
            audit,
            TimeProvider.System,
            NullLogger<ConfigurationControl>.Instance);
        using var systemd = new SystemdNotifier(() => true, TimeProvider.System);
        using var service = new ReloadService(configuration, systemd, NullLogger<ReloadService>.Instance);

        await service.ReloadAsync("signal", CancellationToken.None);
        Assert.Equal(0, audit.Count);

        audit.IsAway = false;
        await service.ReloadAsync("signal", CancellationToken.None);
        Assert.Equal(1, audit.Count);
    }

    private sealed class NoDelivery : IDeliveryReload
    {
        public void Renew()
        {
        }
    }

    private sealed class UnsteadyAudit : IAuditStore
    {
        public bool IsAway { get; set; }

        public int Count { get; private set; }

        public ValueTask AppendAsync(AuditEntry entry, CancellationToken cancellationToken)
        {
            if (IsAway)
            {
                throw new StoreUnavailableException("the disk is full");
            }

            Count++;
            return ValueTask.CompletedTask;
        }

        public ValueTask<IReadOnlyList<AuditEntry>> ListAsync(long? before, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
