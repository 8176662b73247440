using Relay.Delivery;
using Relay.Platform.Contacts;
using Relay.Platform.Domains;
using Relay.Platform.Quotas;
using Relay.Platform.Templates;
using Relay.Platform.Webhooks;
using Relay.Queue;
using Relay.Senders;
using Relay.Tests.Support;

namespace Relay.Tests.Unit;

public sealed class MemoryQueueStoreTests : QueueStoreContract
{
    protected override Task<IQueueStore> OpenAsync() => Task.FromResult<IQueueStore>(new MemoryQueueStore(Time));

    protected override Task CloseAsync() => Task.CompletedTask;
}

public sealed class SqliteQueueStoreTests : QueueStoreContract
{
    private readonly TemporaryStores _stores;

    public SqliteQueueStoreTests() => _stores = new TemporaryStores(Time);

    protected override async Task<IQueueStore> OpenAsync() => (await _stores.OpenAsync()).Queue;

    protected override async Task CloseAsync() => await _stores.DeleteAsync();
}

public sealed class FaultySpoolTests : SpoolContract
{
    protected override Task<ISpool> OpenAsync() => Task.FromResult<ISpool>(new FaultySpool(inlineLimitBytes: InlineLimit));

    protected override Task CloseAsync() => Task.CompletedTask;
}

public sealed class SpoolTests : SpoolContract
{
    private readonly TemporaryStores _stores = new(new ManualTimeProvider());

    protected override async Task<ISpool> OpenAsync() =>
        (await _stores.OpenAsync(change: options => options with { InlineLimitBytes = InlineLimit })).Spool;

    protected override async Task CloseAsync() => await _stores.DeleteAsync();
}

public sealed class MemoryAggregateReportStoreTests : AggregateReportStoreContract
{
    protected override Task<IAggregateReportStore> OpenAsync() => Task.FromResult<IAggregateReportStore>(new MemoryAggregateReportStore());

    protected override Task CloseAsync() => Task.CompletedTask;
}

public sealed class SqliteAggregateReportStoreTests : AggregateReportStoreContract
{
    private readonly TemporaryStores _stores = new(new ManualTimeProvider());

    protected override async Task<IAggregateReportStore> OpenAsync() => (await _stores.OpenAsync()).AggregateReports;

    protected override async Task CloseAsync() => await _stores.DeleteAsync();
}

public sealed class MemorySuppressionStoreTests : SuppressionStoreContract
{
    protected override Task<ISuppressionStore> OpenAsync() => Task.FromResult<ISuppressionStore>(new MemorySuppressionStore());

    protected override Task CloseAsync() => Task.CompletedTask;
}

public sealed class SqliteSuppressionStoreTests : SuppressionStoreContract
{
    private readonly TemporaryStores _stores = new(new ManualTimeProvider());

    protected override async Task<ISuppressionStore> OpenAsync() => (await _stores.OpenAsync()).Suppressions;

    protected override async Task CloseAsync() => await _stores.DeleteAsync();
}

public sealed class MemoryTlsReportStoreTests : TlsReportStoreContract
{
    protected override Task<ITlsReportStore> OpenAsync() => Task.FromResult<ITlsReportStore>(new MemoryTlsReportStore());

    protected override Task CloseAsync() => Task.CompletedTask;
}

public sealed class SqliteTlsReportStoreTests : TlsReportStoreContract
{
    private readonly TemporaryStores _stores = new(new ManualTimeProvider());

    protected override async Task<ITlsReportStore> OpenAsync() => (await _stores.OpenAsync()).TlsReports;

    protected override async Task CloseAsync() => await _stores.DeleteAsync();
}

public sealed class SqliteCredentialStoreTests : CredentialStoreContract
{
    private readonly TemporaryStores _stores = new(new ManualTimeProvider());

    protected override async Task<ICredentialStore> OpenAsync() => (await _stores.OpenAsync()).Credentials;

    protected override async Task CloseAsync() => await _stores.DeleteAsync();
}

public sealed class SqliteDkimKeyStoreTests : DkimKeyStoreContract
{
    private readonly TemporaryStores _stores = new(new ManualTimeProvider());

    protected override async Task<IDkimKeyStore> OpenAsync() => (await _stores.OpenAsync()).DkimKeys;

    protected override async Task CloseAsync() => await _stores.DeleteAsync();
}

public sealed class SqliteAuditStoreTests : AuditStoreContract
{
    private readonly TemporaryStores _stores = new(new ManualTimeProvider());

    protected override async Task<IAuditStore> OpenAsync() => (await _stores.OpenAsync()).Audit;

    protected override async Task CloseAsync() => await _stores.DeleteAsync();
}

public sealed class MemoryTemplateStoreTests : TemplateStoreContract
{
    protected override Task<ITemplateStore> OpenAsync() => Task.FromResult<ITemplateStore>(new MemoryTemplateStore());

    protected override Task CloseAsync() => Task.CompletedTask;
}

public sealed class SqliteTemplateStoreTests : TemplateStoreContract
{
    private readonly TemporaryStores _stores = new(new ManualTimeProvider());

    protected override async Task<ITemplateStore> OpenAsync() => (await _stores.OpenAsync()).Templates;

    protected override async Task CloseAsync() => await _stores.DeleteAsync();
}

public sealed class MemoryShapingDecisionStoreTests : ShapingDecisionStoreContract
{
    protected override Task<IShapingDecisionStore> OpenAsync() => Task.FromResult<IShapingDecisionStore>(new MemoryShapingDecisionStore());

    protected override Task CloseAsync() => Task.CompletedTask;
}

public sealed class SqliteShapingDecisionStoreTests : ShapingDecisionStoreContract
{
    private readonly TemporaryStores _stores = new(new ManualTimeProvider());

    protected override async Task<IShapingDecisionStore> OpenAsync() => (await _stores.OpenAsync()).ShapingDecisions;

    protected override async Task CloseAsync() => await _stores.DeleteAsync();
}

public sealed class MemoryWarmupStoreTests : WarmupStoreContract
{
    protected override Task<IWarmupStore> OpenAsync() => Task.FromResult<IWarmupStore>(new MemoryWarmupStore());

    protected override Task CloseAsync() => Task.CompletedTask;
}

public sealed class SqliteWarmupStoreTests : WarmupStoreContract
{
    private readonly TemporaryStores _stores = new(new ManualTimeProvider());

    protected override async Task<IWarmupStore> OpenAsync() => (await _stores.OpenAsync()).Warmup;

    protected override async Task CloseAsync() => await _stores.DeleteAsync();
}

public sealed class MemoryDownPathStoreTests : DownPathStoreContract
{
    protected override Task<IDownPathStore> OpenAsync() => Task.FromResult<IDownPathStore>(new MemoryDownPathStore());

    protected override Task CloseAsync() => Task.CompletedTask;
}

public sealed class SqliteDownPathStoreTests : DownPathStoreContract
{
    private readonly TemporaryStores _stores = new(new ManualTimeProvider());

    protected override async Task<IDownPathStore> OpenAsync() => (await _stores.OpenAsync()).DownPaths;

    protected override async Task CloseAsync() => await _stores.DeleteAsync();
}

public sealed class HistoryStoreTests : EventStoreContract
{
    private readonly TemporaryStores _stores;

    public HistoryStoreTests() => _stores = new TemporaryStores(Time);

    protected override async Task<(IEventObserver Observer, IEventStore Store)> OpenAsync()
    {
        var stores = await _stores.OpenAsync();
        return (stores.HistoryObserver, stores.Events);
    }

    protected override async Task CloseAsync() => await _stores.DeleteAsync();
}

public sealed class MemoryAccountStoreTests : AccountStoreContract
{
    protected override Task<IAccountStore> OpenAsync() => Task.FromResult<IAccountStore>(new MemoryAccountStore());

    protected override Task CloseAsync() => Task.CompletedTask;
}

public sealed class SqliteAccountStoreTests : AccountStoreContract
{
    private readonly TemporaryStores _stores = new(new ManualTimeProvider());

    protected override async Task<IAccountStore> OpenAsync() => (await _stores.OpenAsync()).Accounts;

    protected override async Task CloseAsync() => await _stores.DeleteAsync();
}

public sealed class MemoryDomainStoreTests : DomainStoreContract
{
    private MemoryDomainStore? _store;

    protected override Task<(IDomainStore Store, IDkimKeyStore Keys)> OpenAsync()
    {
        var keys = new MemoryDkimKeyStore();
        _store = new MemoryDomainStore(keys);
        return Task.FromResult<(IDomainStore, IDkimKeyStore)>((_store, keys));
    }

    protected override Task<IReadOnlyList<WebhookNotice>> NoticesAsync() => Task.FromResult<IReadOnlyList<WebhookNotice>>(_store!.Notices);

    protected override Task CloseAsync() => Task.CompletedTask;
}

public sealed class SqliteDomainStoreTests : DomainStoreContract
{
    private readonly TemporaryStores _stores = new(new ManualTimeProvider());

    protected override async Task<(IDomainStore Store, IDkimKeyStore Keys)> OpenAsync()
    {
        var stores = await _stores.OpenAsync();
        return (stores.Domains, stores.DkimKeys);
    }

    protected override async Task<IReadOnlyList<WebhookNotice>> NoticesAsync() =>
        [.. (await _stores.Stores.Notices.ReadAsync(100, CancellationToken.None)).Select(stored => stored.Notice)];

    protected override async Task CloseAsync() => await _stores.DeleteAsync();
}

public sealed class MemoryCredentialStoreTests : CredentialStoreContract
{
    protected override Task<ICredentialStore> OpenAsync() => Task.FromResult<ICredentialStore>(new MemoryCredentialStore());

    protected override Task CloseAsync() => Task.CompletedTask;
}

public sealed class MemoryEmailCountStoreTests : EmailCountStoreContract
{
    protected override Task<IEmailCountStore> OpenAsync() => Task.FromResult<IEmailCountStore>(new MemoryEmailCountStore());

    protected override Task CloseAsync() => Task.CompletedTask;
}

public sealed class SqliteEmailCountStoreTests : EmailCountStoreContract
{
    private readonly TemporaryStores _stores = new(new ManualTimeProvider());

    protected override async Task<IEmailCountStore> OpenAsync() => (await _stores.OpenAsync()).EmailCounts;

    protected override async Task<IEmailCountStore> ReopenAsync() => (await _stores.ReopenAsync()).EmailCounts;

    protected override async Task CloseAsync() => await _stores.DeleteAsync();
}

public sealed class MemoryContactStoreTests : ContactStoreContract
{
    protected override Task<IContactStore> OpenAsync() => Task.FromResult<IContactStore>(new MemoryContactStore());

    protected override Task CloseAsync() => Task.CompletedTask;
}

public sealed class SqliteContactStoreTests : ContactStoreContract
{
    private readonly TemporaryStores _stores = new(new ManualTimeProvider());

    protected override async Task<IContactStore> OpenAsync() => (await _stores.OpenAsync()).Contacts;

    protected override async Task CloseAsync() => await _stores.DeleteAsync();
}

public sealed class MemoryOperatorSuspensionTests : OperatorSuspensionContract
{
    protected override Relay.Delivery.IOperatorSuspensionStore Store { get; } = new MemoryOperatorSuspensions();
}

public sealed class SqliteOperatorSuspensionTests : OperatorSuspensionContract, Xunit.IAsyncLifetime
{
    private readonly TemporaryStores _stores = new(new ManualTimeProvider());

    protected override Relay.Delivery.IOperatorSuspensionStore Store => _stores.Stores.OperatorSuspensions;

    public async Task InitializeAsync() => await _stores.OpenAsync();

    public async Task DisposeAsync() => await _stores.DeleteAsync();
}
