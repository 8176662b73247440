using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Admin;
using Relay.Dns;
using Relay.Mail;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>From what is seen to the mail in the queue and the call at a server: only the clock is not real.</summary>
public sealed class AlertSenderTests : IAsyncDisposable
{
    private static readonly Condition Full = new("disk", "only 12 MiB are free");

    private readonly IntakeKit _kit = new();
    private readonly AlertState _state = new();
    private readonly TokenServer _server;
    private readonly GuardedHttp _http;
    private int _status = 200;

    public AlertSenderTests()
    {
        _server = new TokenServer(_ => (_status, "{}"));
        _http = new GuardedHttp(new ZoneTable(), new TargetPolicy(false, [System.Net.IPNetwork.Parse("127.0.0.0/8")]), _kit.Time);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Three_looks_raise_and_five_without_end_each_with_one_mail_and_one_call()
    {
        var sender = Sender(_server.Url);

        await LookAsync(sender, 2, Full);
        Assert.Empty(_server.Requests);
        await LookAsync(sender, 8, Full);
        Assert.Equal("disk", Assert.Single(Bodies("raised")));
        var mail = Assert.Single(await MailsAsync());
        Assert.Equal(("ops@example.net", "[relay.example.com] disk"), (mail.Recipient.Address.ToString(), mail.Message.Subject));
        Assert.Empty(mail.Message.ReversePath.ToString());

        // Gone for less than five looks, it has not ended; back for one, it is no new alert.
        await LookAsync(sender, 4);
        await LookAsync(sender, 1, Full);
        Assert.Single(_server.Requests);
        await LookAsync(sender, 5);
        Assert.Equal("disk", Assert.Single(Bodies("ended")));
        Assert.Equal(2, (await MailsAsync()).Count);
    }

    [Fact]
    public async Task A_call_that_fails_is_made_again_at_later_looks_and_not_for_ever()
    {
        var sender = Sender(_server.Url);
        _status = 503;
        await LookAsync(sender, 3 + 2, Full);
        Assert.Equal(3, _server.Requests.Count);

        _status = 200;
        await LookAsync(sender, 5, Full);
        Assert.Equal(4, _server.Requests.Count);

        _status = 500;
        await LookAsync(sender, 5 + 40);
        Assert.Equal(4 + AlertSender.MaxAttempts, _server.Requests.Count);
    }

    [Fact]
    public async Task What_is_refused_for_good_is_not_repeated()
    {
        var sender = Sender(_server.Url);
        _status = 404;

        await LookAsync(sender, 20, Full);

        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task A_forbidden_target_is_not_called_and_mail_goes_all_the_same()
    {
        using var guarded = new GuardedHttp(new ZoneTable(), new TargetPolicy(false, []), _kit.Time);
        var sender = Sender(_server.Url, guarded);

        await LookAsync(sender, 20, Full);

        Assert.Empty(_server.Requests);
        Assert.Single(await MailsAsync());
    }

    [Fact]
    public async Task Mail_that_is_not_taken_does_not_keep_the_call_back()
    {
        _kit.Spool.FailWritesAfterBytes = 0;

        await LookAsync(Sender(_server.Url), 3, Full);

        Assert.Single(_server.Requests);
        Assert.Empty(await MailsAsync());
    }

    [Fact]
    public async Task Who_is_told_may_change_meanwhile()
    {
        var url = _server.Url;
        var sender = new AlertSender(() => _options with { Webhook = url }, _kit.Intake, _http, _kit.Time, NullLogger<AlertSender>.Instance);
        _status = 503;
        await LookAsync(sender, 3, Full);
        Assert.Single(_server.Requests);

        (url, _options) = (null, _options with { MailTo = [Mailbox.Parse("night@example.net")] });
        await LookAsync(sender, 5);

        Assert.Single(_server.Requests);
        Assert.Equal(["night@example.net", "ops@example.net"], (await MailsAsync()).Select(mail => mail.Recipient.Address.ToString()).Order(StringComparer.Ordinal));
    }

    private async Task<IReadOnlyList<QueueEntry>> MailsAsync() => (await _kit.Store.ListAsync(new QueueFilter(), CancellationToken.None)).Entries;

    private AlertOptions _options = new() { Hostname = "relay.example.com", From = Mailbox.Parse("relay@example.com"), MailTo = [Mailbox.Parse("ops@example.net")] };

    private AlertSender Sender(Uri webhook, GuardedHttp? http = null) => new(
        () => _options with { Webhook = webhook },
        _kit.Intake,
        http ?? _http,
        _kit.Time,
        NullLogger<AlertSender>.Instance);

    private async Task LookAsync(AlertSender sender, int times, params IReadOnlyList<Condition> found)
    {
        for (var i = 0; i < times; i++)
        {
            _kit.Time.Advance(TimeSpan.FromSeconds(30));
            var (raised, ended) = _state.Look(found, _kit.Time.GetUtcNow());
            await sender.SendAsync(raised, ended, CancellationToken.None);
        }
    }

    /// <summary>Names of all alerts the calls told of.</summary>
    private IEnumerable<string> Bodies(string what) => _server.Requests
        .SelectMany(request => JsonDocument.Parse(request).RootElement.GetProperty(what).EnumerateArray())
        .Select(alert => alert.GetProperty("name").GetString()!);
}
