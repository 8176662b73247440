using Relay.Admin;
using Relay.Delivery;
using Relay.Dns;
using Relay.Mail;
using Relay.Platform;
using Relay.Platform.Campaigns;
using Relay.Queue;
using Relay.Senders;
using Relay.Smtp.Client;
using Relay.Smtp.Server;
using Relay.Storage;

namespace Relay;

/// <summary>From the configuration's sections to what each project is told; the only place that knows both.</summary>
internal static class OptionsMapping
{
    private const int MailPort = 25;

    private static readonly TimeSpan StrangersWait = TimeSpan.FromSeconds(2);

    public static ResolverOptions ToResolver(this DnsSection dns) => new()
    {
        Servers = dns.Servers,
        Timeout = dns.Timeout,
        Attempts = dns.Attempts,
        CacheEntries = dns.CacheEntries,
        TrustAd = dns.TrustAd.TrustsLoopback ? AdTrust.Loopback : AdTrust.Of(dns.TrustAd.Addresses),
    };

    public static TargetPolicy ToTargetPolicy(this RelayOptions options) =>
        new(options.Delivery.AllowPrivateTargets, options.Delivery.AllowedNetworks);

    public static IntakeOptions ToIntake(this RelayOptions options) => new()
    {
        Hostname = options.Hostname.Ascii,
        ExpireAfter = options.Retry.ExpireAfterOf(MailStream.Transactional),
        ExpireBroadcastAfter = options.Retry.ExpireAfterOf(MailStream.Broadcast),
        MaxWaitingRecipients = options.Queue.MaxWaiting,
        ReceivedDomains = options.Inbound.Keys.Select(DomainName.Parse).ToHashSet(),
    };

    public static PlatformOptions ToPlatform(this RelayOptions options) => new()
    {
        Hostname = options.Hostname.Ascii,
        RequireVerifiedDomains = options.Api.RequireVerifiedDomains,
        PublicUrl = options.Public.PublicUrl,
        Streams = Enum.GetValues<MailStream>().ToDictionary(stream => stream, stream => options.Stream.Of(stream).ToFields(options.Dkim)),
        RequestsPerSecond = options.Api.RequestsPerSecond,
        EmailsPerHour = options.Api.EmailsPerHour,
        EmailsPerDay = options.Api.EmailsPerDay,
        RecipientsPerHour = options.Api.RecipientsPerHour,
        RecipientsPerDay = options.Api.RecipientsPerDay,
        MaxMessageBytes = options.Listener.Values.Max(listener => listener.MaxMessageSize.Bytes),
        MaxBodyBytesInFlight = options.Api.MaxBodyMemory.Bytes,
        ExpireAfter = options.Retry.ExpireAfter,
        AllowPlainWebhooks = options.Api.PlainWebhooks,
        WebhookLog = options.Retention.WebhookLog,
        Received = options.Inbound.ToDictionary(entry => entry.Key, entry => new ReceivedHook(entry.Value.Webhook!, entry.Value.Secret!.Reveal()), StringComparer.OrdinalIgnoreCase),
        Aggregates = options.Retention.Aggregates,
    };

    public static DkimRotationOptions ToDkimRotation(this RelayOptions options) => new()
    {
        PublishedAfterRetiring = Enum.GetValues<MailStream>().Max(options.Retry.ExpireAfterOf) + TimeSpan.FromDays(2),
    };

    public static ReceivedDomains ToReceivedDomains(this RelayOptions options) =>
        new(options.Inbound.ToDictionary(entry => DomainName.Parse(entry.Key), entry => entry.Value.MaxMessageSize.Bytes));

    private static StreamFieldOptions ToFields(this StreamSection stream, DkimSection dkim) => new()
    {
        OneClick = stream.OneClick,
        UnsubscribeMailbox = stream.UnsubscribeMailbox,
        FeedbackId = stream.FeedbackId,
        ComplaintMailbox = stream.CfblAddress,
        Cosigner = dkim.Enabled ? dkim.Cosign : null,
    };

    public static CampaignOptions ToCampaigns(this RelayOptions options) => new()
    {
        TimeZone = options.Campaigns.TimeZone,
        MaxQueued = options.Campaigns.MaxQueued,
        MaxBounceRate = options.Campaigns.MaxBounces.Value / 100.0,
        MaxComplaintRate = options.Campaigns.MaxComplaints / 1000.0,
        JudgeAfter = options.Campaigns.JudgeAfter,
    };

    public static AlertOptions ToAlerts(this RelayOptions options) => new()
    {
        Hostname = options.Hostname.Ascii,
        From = options.Bounce.From,
        MailTo = options.Alert.MailTo,
        Webhook = options.Alert.Webhook,
        QueueAge = options.Alert.QueueAge,
        DeferralShare = options.Alert.DeferralShare.Value / 100.0,
        BlockLists = [.. options.Alert.BlockLists.Select(list => list.Text)],
        Addresses =
        [
            .. options.Egress.Source.Values.SelectMany(source => new[] { source.Address, source.Address6 }).OfType<System.Net.IPAddress>()
                .Where(address => new TargetPolicy(allowPrivate: false, []).Allows(address, out _)),
        ],
    };

    public static BrakeOptions ToBrake(this RelayOptions options) => new()
    {
        Mode = options.Abuse.Mode,
        MinOutcomes = options.Abuse.MinOutcomes,
        MaxBounced = options.Abuse.MaxBounced.Value / 100.0,
        MinComplaints = options.Abuse.MinComplaints,
        MaxComplaintsPerThousand = options.Abuse.MaxComplaintsPerThousand,
        UnknownStreak = options.Abuse.UnknownStreak,
        MinVolume = options.Abuse.MinVolume,
        VolumeFactor = options.Abuse.VolumeFactor,
        NewNetworks = options.Abuse.NewNetworks,
    };

    public static ComplianceOptions ToCompliance(this RelayOptions options) => new()
    {
        Transactional = options.Compliance.Transactional,
        Broadcast = options.Compliance.Broadcast,
        RequiresFeedbackId = options.Compliance.FeedbackId,
    };

    public static SuppressionOptions ToSuppression(this RelayOptions options) => new()
    {
        HardBounces = options.Suppression.HardBounces,
        HardBounceWindow = options.Suppression.HardBounceWindow,
        HardBounceExpiry = options.Suppression.HardBounceExpiry,
        Complaints = options.Suppression.Complaints,
        Unsubscriptions = options.Suppression.Unsubscriptions,
    };

    public static RetentionOptions ToRetention(this RelayOptions options) => new()
    {
        Queue = new RetentionRules
        {
            ContentSmtp = options.Retention.ContentSmtp,
            ContentHttp = options.Retention.ContentApi,
            ContentCaptured = options.Retention.ContentCaptured,
            Messages = options.Retention.Events,
        },
        Events = options.Retention.Events,
        Conversations = options.Retention.Conversations,
        Aggregates = options.Retention.Aggregates,
    };

    /// <summary>Signing keys named in the configuration; those of the store need no telling.</summary>
    public static IReadOnlyList<DkimKeyFile> ToDkimKeyFiles(this DkimSection dkim) =>
    [
        .. dkim.Domains.SelectMany(domain => domain.Value.Keys.Select(key => new DkimKeyFile(
            Mail.DomainName.Parse(domain.Key), key.Selector, key.Algorithm, key.File))),
    ];

    /// <param name="retention">As it is at each moment.</param>
    public static StorageOptions ToStorage(this RelayOptions options, RetentionOptions retention) => new()
    {
        DataFolder = options.Data,
        MinFreeDiskBytes = options.Queue.MinFreeDisk.Bytes,
        HandoffJournal = options.Delivery.HandoffJournal == Switch.On,
        Retention = retention,
    };

    public static IEnumerable<CertificateFiles> ToFurtherCertificates(this RelayOptions options) => options.Certificate.Values.Select(certificate => certificate.ToFiles());

    public static IEnumerable<string> ToClientIssuers(this RelayOptions options) => options.Listener.Values.Select(listener => listener.ClientIssuers).OfType<string>();

    public static SubmissionRules ToSubmissionRules(this ListenerSection listener, string name, RelayOptions options) => new()
    {
        AllowsAuthentication = listener.Auth != ListenerAuthentication.None,
        OffersTls = listener.Tls != SmtpTlsMode.None,
        RequiresLogin = listener.Auth == ListenerAuthentication.Required,
        IsOpenToClients = listener.Auth == ListenerAuthentication.None,
        RelayNetworks = listener.RelayNetworks,
        ObeysHeaders = listener.SubmissionHeaders,
        RejectsSuppressed = options.Queue.Suppressed == SuppressedHandling.Reject,
        TakesAddressLiterals = listener.AddressLiterals,
        SenderCheck = options.Submission.SenderCheck,
        Networks = options.ToNetworks(name),
        ShortNames = listener.FixUps && options.Submission.RequireFullDomains ? options.ToShortNames() : null,
    };

    /// <summary>Short names that are complete here: this host's own, and those with a route.</summary>
    private static HashSet<string> ToShortNames(this RelayOptions options) =>
        [options.Hostname.Ascii, .. options.Local.Domains.Select(domain => domain.Ascii), .. options.Route.Keys.Select(key => key.ToLowerInvariant())];

    /// <summary>Networks whose clients are treated in their own way on this listener, in the order of the file.</summary>
    public static IReadOnlyList<PeerNetwork> ToNetworks(this RelayOptions options, string listener) =>
    [
        .. options.Network.Values.Where(network => network.Listeners.Count == 0 || network.Listeners.Contains(listener)).Select(network => new PeerNetwork
        {
            Networks = network.Networks,
            MayRelay = network.Relay,
            User = network.User,
            OffersClearAuthentication = network.ClearAuth,
            MaxMessageSizeBytes = network.MaxMessageSize?.Bytes,
            MaxRecipients = network.MaxRecipients,
            MaxConnectionsPerAddress = network.MaxConnectionsPerAddress,
            GreetingDelay = network.GreetingDelay,
        }),
    ];

    /// <summary>Null: messages are left as they are.</summary>
    public static SubmissionFixUps? ToFixUps(this ListenerSection listener, SubmissionSection submission) => !listener.FixUps ? null : new()
    {
        RequireFrom = submission.RequireFrom,
        AddDate = submission.AddDate,
        AddMessageId = submission.AddMessageId,
        RemoveBcc = submission.RemoveBcc,
        RemoveReturnPath = submission.RemoveReturnPath,
        HideClient = submission.HideClient,
        LongLines = submission.LongLines,
    };

    public static SmtpServerLimits ToLimits(this ListenerSection listener) => new()
    {
        ConvertsBareLineEndings = listener.BareLineEndings == BareLineEndings.Convert,
        MaxMessageSizeBytes = listener.MaxMessageSize.Bytes,
        MaxRecipients = listener.MaxRecipients,
        MaxConnections = listener.MaxConnections,
        MaxConnectionsPerAddress = listener.MaxConnectionsPerAddress,
        MaxConnectionsPerNetwork = listener.MaxConnectionsPerNetwork,
        MaxTransactions = listener.MaxTransactions,
        MaxErrors = listener.MaxErrors,
        CommandTimeout = listener.CommandTimeout,
        DataTimeout = listener.DataTimeout,
        ConnectionDeadline = listener.ConnectionDeadline,
        MinDataRateBytesPerSecond = (int)listener.MinDataRate.Bytes,
        GreetingDelay = listener.GreetingDelay ?? (listener.Socket is null && listener.Endpoint.Port == MailPort ? StrangersWait : TimeSpan.Zero),
    };

    public static SmtpServerExtensions ToExtensions(this ListenerSection listener) => new()
    {
        MaxHold = listener.MaxHold,
        RequireTls = listener.Requiretls,
    };

    public static DeliveryOptions ToDelivery(this RelayOptions options, bool isSandbox) => new()
    {
        Hostname = options.Hostname.Ascii,
        OwnNames = [.. options.Delivery.OwnNames.Select(name => name.Ascii)],
        OwnAddresses = options.Delivery.OwnAddresses,
        Listeners = [.. options.Listener.Values.Where(listener => listener.Socket is null).Select(listener => listener.Endpoint)],
        Port = options.Delivery.Port,
        Retry = options.Retry.ScheduleOf(MailStream.Transactional),
        RetryBroadcast = options.Retry.ScheduleOf(MailStream.Broadcast),
        WindowTasks = options.Queue.Window,
        WindowBytes = options.Queue.WindowBytes.Bytes,
        MaxConnections = options.Delivery.MaxConnections,
        SiteDefaults = ToSite(options.SiteDefaults, options.Retry),
        Warmup = [.. options.Warmup.Select(plan => ToWarmup(plan.Key, plan.Value))],
        Suspension = new SuspensionOptions { First = options.Delivery.ProbeInterval, Longest = options.Delivery.ProbeInterval },
        Shaping = options.Shaping with { Learning = options.Delivery.Learning },
        Sites = options.Site.ToDictionary(site => site.Key, site => ToSite(site.Value, options.Retry)),
        Routes = options.Route.ToDictionary(route => route.Key, route => ToRoute(route.Value), StringComparer.OrdinalIgnoreCase),
        Rules = [.. options.Rule.Select(rule => ToRule(rule.Key, rule.Value))],
        Sandbox = isSandbox,
        Sources = options.Egress.Source.ToDictionary(source => source.Key, source => ToSource(source.Value)),
        Pools = options.Egress.Pool.ToDictionary(
            pool => pool.Key, pool => (IReadOnlyDictionary<string, int>)pool.Value.Sources.Items.ToDictionary()),
        Limits = options.ToLimits(),
        DefaultPool = options.Egress.Pool.ContainsKey("default") ? "default" : null,
        IdleTimeout = options.Delivery.IdleConnectionTimeout,
        Timeouts = ToTimeouts(options.Delivery),
        UseMtaSts = options.Delivery.MtaSts,
        UseDane = options.Delivery.Dane,
        UseReturnPaths = options.Bounce.ReturnPath,
        Cosigner = options.Dkim.Cosign,
        UseChunking = options.Delivery.Chunking,
        OnUnknown = options.Delivery.OnUnknown == UnknownHandling.Hold ? UnknownOutcome.Hold : UnknownOutcome.Retry,
        Ipv6 = options.Delivery.Ipv6,
        StopGrace = options.Service.StopGrace,
        Reports = new ReportOptions { From = options.Bounce.From.ToString(), Include = ToContent(options.Bounce.Include), Texts = options.ReportTexts, DelayWarning = options.Bounce.DelayWarning, Rate = new MessageRate(options.Bounce.Rate.Amount, options.Bounce.Rate.Period) },
    };

    private static WarmupOptions ToWarmup(string name, WarmupSection plan) => new()
    {
        Name = name,
        Source = plan.Source,
        Sites = plan.Sites,
        Days = plan.Plan.Count > 0 ? plan.Plan : WarmupOptions.Growing(plan.FirstDay, plan.DailyGrowth.Value, plan.Target),
        MaxDeferredPercent = plan.MaxDeferred.Value,
        MaxBouncedPercent = plan.MaxBounced.Value,
        MaxComplaintsPerThousand = plan.MaxComplaintsPerThousand,
        Pause = plan.Pause,
    };

    private static SmtpClientTimeouts ToTimeouts(DeliverySection delivery) => new()
    {
        Connect = delivery.ConnectTimeout,
        Greeting = delivery.Timeouts.Greeting,
        Hello = delivery.Timeouts.Hello,
        TlsHandshake = delivery.Timeouts.Tls,
        Mail = delivery.Timeouts.Mail,
        Recipient = delivery.Timeouts.Recipient,
        DataInitiation = delivery.Timeouts.Data,
        DataBlock = delivery.Timeouts.Block,
        DataTermination = delivery.Timeouts.FinalDot,
    };

    private static SiteOptions ToSite(SiteSection site, RetrySection retry) => new()
    {
        MaxConnections = site.MaxConnections,
        MessageRate = LimitMapping.ToRates(site.MessageRate),
        ByteRate = LimitMapping.ToRate(site.ByteRate),
        Retry = site.Retry.Count == 0 ? null : new RetrySchedule(site.Retry, retry.Jitter.Value / 100.0, retry.ExpireAfter),
        MaxMessagesPerConnection = site.MaxMessagesPerConnection,
        MaxRecipientsPerTransaction = site.MaxRecipientsPerTransaction,
        Tls = site.Tls is { } tls ? ToTls(tls) : null,
        Port = site.Port,
        Pool = site.Pool,
        Sources = site.Source.Count == 0
            ? new SiteOptions().Sources
            : site.Source.ToDictionary(source => source.Key, source => ToSite(source.Value), StringComparer.OrdinalIgnoreCase),
    };

    private static SiteOptions ToSite(SiteSourceSection limits) => new()
    {
        MaxConnections = limits.MaxConnections,
        MessageRate = LimitMapping.ToRates(limits.MessageRate),
        ByteRate = LimitMapping.ToRate(limits.ByteRate),
        MaxMessagesPerConnection = limits.MaxMessagesPerConnection,
        MaxRecipientsPerTransaction = limits.MaxRecipientsPerTransaction,
    };

    private static RouteOptions ToRoute(RouteSection route) => new()
    {
        Kind = route.EffectiveType switch
        {
            RouteType.Smarthost => RouteKind.Smarthost,
            RouteType.Lmtp => RouteKind.Lmtp,
            RouteType.Capture => RouteKind.Capture,
            RouteType.Discard => RouteKind.Discard,
            _ => RouteKind.Mx,
        },
        Hosts = [.. route.NextHops.Select(hop => new NextHopOptions(hop.Target.Host, hop.Target.Port, hop.Preference ?? 1, hop.Weight))],
        Socket = route.Socket,
        Login = route.Username,
        Password = route.Password?.Reveal(),
        OAuth = route.OauthTokenUrl is null ? null : ToOAuth(route),
        Tls = route.EffectiveTls is { } tls ? ToTls(tls) : null,
        Fallback = route.Fallback,
        FallbackAfter = route.FallbackAfter,
    };

    private static OAuthOptions ToOAuth(RouteSection route) => new()
    {
        TokenUrl = route.OauthTokenUrl!,
        ClientId = route.OauthClientId ?? string.Empty,
        ClientSecret = route.OauthClientSecret?.Reveal(),
        RefreshToken = route.OauthRefreshToken?.Reveal(),
        Scope = route.OauthScope,
    };

    private static RuleOptions ToRule(string name, RuleSection rule) => new()
    {
        Name = name,
        SenderDomains = [.. rule.SenderDomains.Select(domain => domain.Text)],
        RecipientDomains = [.. rule.RecipientDomains.Select(domain => domain.Text)],
        Users = rule.Users,
        Tags = rule.Tags,
        Accounts = [.. rule.Accounts.Select(account => (long)account)],
        Stream = rule.Stream,
        Route = rule.Route,
        Pool = rule.Pool,
    };

    private static EgressSourceOptions ToSource(EgressSourceSection source)
    {
        var isIpv6 = source.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        return new EgressSourceOptions
        {
            Ipv4 = isIpv6 ? null : source.Address,
            Ipv6 = isIpv6 ? source.Address : source.Address6,
            EhloName = source.Ehlo.Ascii,
            MaxMessagesPerConnection = source.MaxMessagesPerConnection,
        };
    }

    private static DeliveryTlsMode ToTls(DeliveryTls tls) => tls switch
    {
        DeliveryTls.Required => DeliveryTlsMode.Required,
        DeliveryTls.None => DeliveryTlsMode.None,
        _ => DeliveryTlsMode.Opportunistic,
    };

    private static DeliveryTlsMode ToTls(RouteTls tls) => tls switch
    {
        RouteTls.Required => DeliveryTlsMode.Required,
        RouteTls.Implicit => DeliveryTlsMode.Implicit,
        RouteTls.None => DeliveryTlsMode.None,
        _ => DeliveryTlsMode.Opportunistic,
    };

    private static ReportContent ToContent(BounceContent content) => content switch
    {
        BounceContent.Headers => ReportContent.Headers,
        BounceContent.Full => ReportContent.Full,
        _ => ReportContent.Auto,
    };
}
