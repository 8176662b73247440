using System.Diagnostics.Metrics;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>The numbers of delivery. Labels are bounded sets, never addresses or sites.</summary>
internal sealed class DeliveryMetrics
{
    public const string MeterName = "Relay.Delivery";

    private readonly Meter _meter;
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _outcomes;
    private readonly Counter<long> _connections;
    private readonly Counter<long> _signatures;
    private readonly Counter<long> _reports;
    private readonly Counter<long> _reportsRead;
    private readonly Counter<long> _staleSettles;
    private readonly Counter<long> _suspensions;
    private readonly Counter<long> _policies;
    private readonly Counter<long> _sourceRests;
    private readonly Counter<long> _shaping;
    private readonly Counter<long> _handoffs;
    private readonly Histogram<double> _duration;

    public DeliveryMetrics(IMeterFactory meters)
    {
        var meter = _meter = meters.Create(MeterName);
        _attempts = meter.CreateCounter<long>("relay.delivery.attempts", "{task}", "Tasks attempted, by route kind.");
        _outcomes = meter.CreateCounter<long>("relay.delivery.outcomes", "{recipient}", "Recipients settled, by state and bounce class.");
        _connections = meter.CreateCounter<long>("relay.delivery.connections", "{connection}", "Connections tried, by result.");
        _signatures = meter.CreateCounter<long>("relay.delivery.signatures", "{message}", "Messages by how signing went.");
        _reports = meter.CreateCounter<long>("relay.delivery.reports", "{report}", "Delivery status notifications enqueued.");
        _reportsRead = meter.CreateCounter<long>("relay.delivery.reports_read", "{report}", "Reports that came in");
        _staleSettles = meter.CreateCounter<long>("relay.delivery.settles.stale", "{task}", "Settles refused because the lease was not ours any more.");
        _suspensions = meter.CreateCounter<long>("relay.delivery.suspensions", "{suspension}", "Paths suspended after failures in a row.");
        _policies = meter.CreateCounter<long>("relay.delivery.mta_sts.fetches", "{policy}", "MTA-STS policies fetched, by result.");
        _sourceRests = meter.CreateCounter<long>("relay.delivery.source_rests", "{rest}", "Egress sources taken out of use, by reason.");
        _shaping = meter.CreateCounter<long>("relay.delivery.shaping.decisions", "{decision}", "Decisions about limits of paths, sites and sources.");
        _handoffs = meter.CreateCounter<long>("relay.delivery.handoffs.recovered", "{recipient}", "Recipients in flight when an earlier process ended, by what the hand-off journal knew.");
        _duration = meter.CreateHistogram<double>("relay.delivery.duration", "s", "From lease to outcome, per task.");
    }

    public void Attempted(RouteKind kind, TimeSpan duration)
    {
        _attempts.Add(1, new KeyValuePair<string, object?>("route", NameOf(kind)));
        _duration.Record(duration.TotalSeconds);
    }

    public void Outcome(RecipientState state, string? bounceClass) => _outcomes.Add(
        1, new KeyValuePair<string, object?>("state", state.ToString().ToLowerInvariant()), new KeyValuePair<string, object?>("class", bounceClass ?? "none"));

    /// <param name="result">ok, refused, timeout or failed.</param>
    public void ConnectionOpened(string result) => _connections.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <param name="result">signed, no-key, no-from-domain or failed.</param>
    public void Signed(string result) => _signatures.Add(1, new KeyValuePair<string, object?>("result", result));

    public void ReportSent(bool isSettled)
    {
        if (isSettled)
        {
            _reports.Add(1);
        }
    }

    /// <param name="kind">What it was read as, or why it is kept: delivery, feedback, autoreply, unsubscribe, dmarcaggregate, tlsreport; unreadable, unmatched, unproved, large.</param>
    public void ReportRead(string kind) => _reportsRead.Add(1, new KeyValuePair<string, object?>("kind", kind));

    /// <param name="result">ok or failed.</param>
    public void MtaStsFetched(string result) => _policies.Add(1, new KeyValuePair<string, object?>("result", result));

    public void HandoffsRecovered(int sent, int unknown)
    {
        _handoffs.Add(sent, new KeyValuePair<string, object?>("known", "sent"));
        _handoffs.Add(unknown, new KeyValuePair<string, object?>("known", "unknown"));
    }

    /// <summary>Shows how many are braked by each rule, also when it is none: an alarm needs the zero.</summary>
    public void ObserveBrakes(Func<IReadOnlyList<Brake>> active) => _meter.CreateObservableGauge(
        "relay.delivery.brakes",
        () =>
        {
            var brakes = active();
            return Brake.Rules.Select(rule => new Measurement<int>(brakes.Count(brake => brake.Rule == rule), new KeyValuePair<string, object?>("rule", rule)));
        },
        "{brake}",
        "Accounts, streams and credentials whose mail is kept back, by rule.");

    public void StaleSettle() => _staleSettles.Add(1);

    public void Suspended() => _suspensions.Add(1);

    public void SourceRests(SourceStateKind reason) => _sourceRests.Add(1, new KeyValuePair<string, object?>("reason", reason == SourceStateKind.Missing ? "missing" : "refused"));

    public void ShapingDecided(ShapingAct act) => _shaping.Add(1, new KeyValuePair<string, object?>("act", act switch
    {
        ShapingAct.Limited => "limited",
        ShapingAct.Suspended => "suspended",
        ShapingAct.Learned => "learned",
        ShapingAct.Returned => "returned",
        _ => "warmup-paused",
    }));

    private static string NameOf(RouteKind kind) => kind switch
    {
        RouteKind.Mx => "mx",
        RouteKind.Smarthost => "smarthost",
        RouteKind.Lmtp => "lmtp",
        RouteKind.Capture => "capture",
        RouteKind.Discard => "discard",
        RouteKind.Reports => "reports",
        RouteKind.Received => "received",
        _ => "simulator",
    };
}
