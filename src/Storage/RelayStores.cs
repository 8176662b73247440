using Microsoft.Extensions.Logging;
using Relay.Delivery;
using Relay.Platform.Analytics;
using Relay.Platform.Campaigns;
using Relay.Platform.Contacts;
using Relay.Platform.Domains;
using Relay.Platform.Emails;
using Relay.Platform.Jobs;
using Relay.Platform.Privacy;
using Relay.Platform.Quotas;
using Relay.Platform.Templates;
using Relay.Platform.Webhooks;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Storage;

/// <summary>Everything durable, opened together: one data folder, one process.</summary>
/// <remarks>
/// 1. Take the folder's lock. 2. Open and migrate relay.db, begin an epoch. 3. Open the spool. 4. Read the hand-off journal and return what
/// earlier epochs had leased, but for what was being handed over. 5. Read the keys of the suppression list. 6. Open and migrate history.db. Closing goes the other way and leaves empty write-ahead logs.
/// </remarks>
public sealed class RelayStores : IAsyncDisposable
{
    private readonly StorageOptions _options;
    private readonly DataLock _lock;
    private readonly RelayDatabase _database;
    private readonly HistoryDatabase _history;
    private readonly Spool _spool;
    private readonly HandoffJournal _handoffs;
    private readonly StorageMetrics _metrics;
    private readonly ILogger _logger;
    private readonly FileSync _sync;
    private readonly TimeProvider _time;

    private RelayStores(
        StorageOptions options,
        DataLock dataLock,
        RelayDatabase database,
        HistoryDatabase history,
        Spool spool,
        SqliteQueueStore queue,
        HandoffJournal handoffs,
        SqliteSuppressionStore suppressions,
        StorageMetrics metrics,
        FileSync sync,
        TimeProvider time,
        ILogger logger)
    {
        _options = options;
        _lock = dataLock;
        _database = database;
        _history = history;
        _spool = spool;
        _metrics = metrics;
        _logger = logger;
        _sync = sync;
        _time = time;
        Queue = queue;
        Outbox = queue;
        LateOutcomes = queue;
        QueueAges = queue;
        FinishedMail = queue;
        _handoffs = handoffs;
        var events = new HistoryStore(history, time);
        Events = events;
        HistoryObserver = events;
        EventCounts = events;
        Suppressions = suppressions;
        Credentials = new SqliteCredentialStore(database);
        DkimKeys = new SqliteDkimKeyStore(database);
        Audit = new SqliteAuditStore(database);
        Accounts = new SqliteAccountStore(database);
        var notices = new SqliteNoticeStore(database);
        Notices = notices;
        Domains = new SqliteDomainStore(database, notices);
        EmailCounts = new SqliteEmailCountStore(database);
        Emails = new SqliteEmailStore(database, queue);
        Webhooks = new SqliteWebhookStore(database);
        WebhookDeliveries = new SqliteWebhookDeliveryStore(history, time);
        Analytics = new SqliteAnalyticsStore(history);
        AccountEvents = new SqliteAccountEvents(history);
        AggregateReports = new SqliteAggregateReports(history);
        Jobs = new SqliteJobStore(history);
        ShapingDecisions = new SqliteShapingDecisionStore(history);
        Warmup = new SqliteWarmupStore(history);
        Brakes = new SqliteBrakeStore(history);
        JobFiles = new JobFiles(Path.Combine(options.DataFolder, "exports"));
        Templates = new SqliteTemplateStore(database);
        Contacts = new SqliteContactStore(database, time);
        ContactImports = new SqliteContactImportStore(database, time);
        var campaigns = new SqliteCampaignStore(database, queue);
        Campaigns = campaigns;
        PausedCampaigns = campaigns;
        var messages = new QueueErasure(database, spool, time);
        OpenMail = messages;
        Erasables =
        [
            new SuppressionErasure(database, suppressions),
            messages,
            new BesideErasure(database, time),
            new ContactErasure(database, time),
            new HistoryErasure(history, time),
            new WebhookErasure(history, time),
        ];
        Budgets = new SqliteBudgetStore(database, time);
        DownPaths = new SqliteDownPathStore(database);
        TlsReports = new SqliteTlsReportStore(history);
        OperatorSuspensions = new SqliteSuspensionStore(database);
        TlsPolicies = new FileMtaStsStore(Path.Combine(options.DataFolder, "mta-sts"), time);
    }

    public IQueueStore Queue { get; }

    public IEventOutbox Outbox { get; }

    public ILateOutcomes LateOutcomes { get; }

    public IQueueAges QueueAges { get; }

    public IFinishedMail FinishedMail { get; }

    public IHandoffJournal Handoffs => _handoffs;

    public ISpool Spool => _spool;

    public IEventStore Events { get; }

    public IEventCounts EventCounts { get; }

    /// <summary>Feeds <see cref="Events"/>; to be run by the event pump.</summary>
    public IEventObserver HistoryObserver { get; }

    public ISuppressionStore Suppressions { get; }

    public ICredentialStore Credentials { get; }

    public IDkimKeyStore DkimKeys { get; }

    public IAuditStore Audit { get; }

    public IAccountStore Accounts { get; }

    public IDomainStore Domains { get; }

    public IEmailCountStore EmailCounts { get; }

    public IEmailStore Emails { get; }

    public IWebhookStore Webhooks { get; }

    public IWebhookDeliveryStore WebhookDeliveries { get; }

    public IAnalyticsStore Analytics { get; }

    public IAccountEvents AccountEvents { get; }

    public IAggregateReportStore AggregateReports { get; }

    public IJobStore Jobs { get; }

    public IShapingDecisionStore ShapingDecisions { get; }

    public IWarmupStore Warmup { get; }

    public IBrakeStore Brakes { get; }

    public JobFiles JobFiles { get; }

    public ITemplateStore Templates { get; }

    public IContactStore Contacts { get; }

    public IContactImportStore ContactImports { get; }
    public INoticeStore Notices { get; }

    public ICampaignStore Campaigns { get; }

    public IPausedCampaigns PausedCampaigns { get; }

    /// <summary>Everything that keeps addresses, in the order in which they are to be erased.</summary>
    public IReadOnlyList<IErasable> Erasables { get; }

    public IOpenMail OpenMail { get; }

    public IMtaStsStore TlsPolicies { get; }

    public IBudgetStore Budgets { get; }

    public IDownPathStore DownPaths { get; }

    public ITlsReportStore TlsReports { get; }

    public IOperatorSuspensionStore OperatorSuspensions { get; }

    /// <summary>Version of the SQLite library in use.</summary>
    public static string SqliteVersion => SqliteLibrary.Version;

    /// <exception cref="StoreUnavailableException">The folder is in use or cannot be written, or a database is not ours or from a later version.</exception>
    public static Task<RelayStores> OpenAsync(
        StorageOptions options, TimeProvider time, ILoggerFactory loggerFactory, CancellationToken cancellationToken) =>
        OpenAsync(options, new FileSync(), time, loggerFactory, cancellationToken);

    /// <summary>Copies everything durable into an empty folder while mail goes on; keys and certificates are not among it.</summary>
    /// <param name="progress">Step and percent.</param>
    /// <exception cref="StoreUnavailableException">The copy could not be made.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public Task<BackupContents> BackupAsync(string folder, Action<string, int>? progress, CancellationToken cancellationToken) =>
        new StoreBackup(_options, _spool, _sync, _time).CopyAsync(folder, progress, cancellationToken);

    /// <summary>Finishes what was handed in, empties the write-ahead logs and releases the folder.</summary>
    public async ValueTask DisposeAsync()
    {
        _handoffs.Dispose();
        await _history.DisposeAsync();
        await _spool.DisposeAsync();
        await _database.DisposeAsync();
        _metrics.Dispose();
        _lock.Dispose();
        StorageLog.Closed(_logger, _options.DataFolder);
    }

    internal RelayDatabase Database => _database;

    internal HistoryDatabase History => _history;

    internal static async Task<RelayStores> OpenAsync(
        StorageOptions options, FileSync sync, TimeProvider time, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var logger = loggerFactory.CreateLogger("Relay.Storage");
        CreateFolder(options.DataFolder);
        var dataLock = DataLock.Take(options.DataFolder);
        var metrics = new StorageMetrics();
        RelayDatabase? database = null;
        Spool? spool = null;
        try
        {
            database = RelayDatabase.Open(options, time, logger, metrics);
            spool = OpenSpool(options, database, sync, time, logger);
            var queue = new SqliteQueueStore(database, spool, options.Retention, time) { Pause = spool.Pause };
            var notes = ReadHandoffs(options);
            var recovered = await queue.RecoverAsync(notes);
            var handoffs = new HandoffJournal(options, notes, queue.KeptTasksAsync, sync, time, logger);
            var suppressions = await SqliteSuppressionStore.OpenAsync(database, time, cancellationToken);
            var history = HistoryDatabase.Open(options, time, logger, metrics);
            StorageLog.Opened(logger, options.DataFolder, SqliteLibrary.Version, database.Epoch, recovered);
            return new RelayStores(options, dataLock, database, history, spool, queue, handoffs, suppressions, metrics, sync, time, logger);
        }
        catch
        {
            await CloseAsync(spool, database);
            metrics.Dispose();
            dataLock.Dispose();
            throw;
        }
    }

    private static void CreateFolder(string folder)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
            }
            else
            {
                // Mail and key material: nobody else's business.
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"The data folder {folder} cannot be created: {exception.Message}", exception);
        }
    }

    private static Spool OpenSpool(StorageOptions options, RelayDatabase database, FileSync sync, TimeProvider time, ILogger logger)
    {
        try
        {
            return new Spool(options, database.Readers, sync, time, logger);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"The spool in {options.DataFolder} cannot be opened: {exception.Message}", exception);
        }
    }

    private static HandoffNotes ReadHandoffs(StorageOptions options)
    {
        try
        {
            return HandoffJournal.Read(options);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"The hand-off journal in {options.DataFolder} cannot be read: {exception.Message}", exception);
        }
    }

    private static async ValueTask CloseAsync(Spool? spool, RelayDatabase? database)
    {
        if (spool is not null)
        {
            await spool.DisposeAsync();
        }

        if (database is not null)
        {
            await database.DisposeAsync();
        }
    }
}
