using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Relay.Dkim;
using Relay.Mail;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>
/// A whole rotation in a running server while mail flows: whoever receives a message verifies it by the zone as he sees it at that moment, a day
/// behind the zone's own servers.
/// </summary>
public sealed partial class RotationUnderLoadTests : IAsyncLifetime
{
    private const string Late = "late@dest.test";
    private const int MailsOfAPhase = 30;
    private static readonly DomainName Domain = DomainName.Parse("signer.test");
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly ShiftedTimeProvider _time = new(TimeSpan.FromDays(-14));
    private readonly RelayProcess _relay = new();
    private readonly ZoneTable _zone = new() { TimeToLive = TimeSpan.FromSeconds(1) };
    private readonly ScriptedDnsServer _dns;
    private readonly ConcurrentQueue<Arrival> _arrivals = new();
    private readonly SmtpSink _sink;
    private volatile ImmutableDictionary<string, string> _seen = ImmutableDictionary<string, string>.Empty;
    private volatile bool _takesLate;

    public RotationUnderLoadTests()
    {
        _dns = ZoneServer.Start(_zone.Mx("dest.test", 10, "mx.dest.test").Address("mx.dest.test", "127.0.0.1"));
        _sink = SmtpSink.Start(new SmtpSinkOptions { Message = Take });
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _relay.DisposeAsync();
        await _sink.DisposeAsync();
        await _dns.DisposeAsync();
    }

    [Fact]
    public async Task Every_message_verifies_for_its_receiver_whose_zone_lags()
    {
        _relay.Configure("[retry]\nschedule = [\"1s\"]\n", dnsPort: _dns.EndPoint.Port, deliveryPort: _sink.Port);
        var loaded = CommandConfiguration.Accept(ConfigurationLoader.Load(ConfigurationInput.OfProcess(_relay.ConfigFile)));
        await using var server = await RelayHost.StartAsync(loaded, isSandbox: false, _time, None);
        var (rotation, keys) = (server.Services.GetRequiredService<DkimRotation>(), server.Services.GetRequiredService<DkimKeys>());
        var old = await keys.GenerateAsync(Domain, null, true, AuditActor.Cli, None);
        var load = new Load(this);

        Publish(old);
        See(old);
        await SendAsync("late", Late);
        await FlowAsync(old);
        Assert.DoesNotContain(_arrivals, arrival => arrival.Subject == "late");

        var fresh = await keys.RotateAsync(Domain, AuditActor.Cli, None);
        await LookAsync(rotation, DkimRotation.SightingsWanted);
        await FlowAsync(old);

        // Its own servers show the new records at once, those whom the receiver asks a day later.
        Publish(fresh);
        await Poll.UntilAsync("their absence is forgotten", async () =>
            (await rotation.CheckAsync(Domain, None)).All(seen => seen.Sighting.Presence == DkimPresence.Found));
        await LookAsync(rotation, DkimRotation.SightingsWanted - 1);
        await FlowAsync(old);
        await LookAsync(rotation, 1);
        await FlowAsync([.. old, .. fresh]);
        _time.Advance(TimeSpan.FromDays(1));
        See(fresh);
        await FlowAsync([.. old, .. fresh]);

        _time.Advance(DkimRotation.Overlap - TimeSpan.FromDays(1));
        await LookAsync(rotation, 1);
        Assert.All(await StatesAsync(server, old), state => Assert.Equal(DkimKeyState.Retiring, state));
        await FlowAsync(fresh);

        // Refused until now, and signed when only the old keys did.
        _takesLate = true;
        await Poll.UntilAsync("the late one is taken", () => _arrivals.Any(arrival => arrival.Mail.Recipients.Contains(Late)));

        // What waits in the queue would expire with so long a step.
        await load.StopAsync();
        _time.Advance(server.Services.GetRequiredService<DkimRotationOptions>().PublishedAfterRetiring);
        await LookAsync(rotation, 1);
        Assert.All(await StatesAsync(server, old), state => Assert.Equal(DkimKeyState.Retired, state));
        _seen = _seen.RemoveRange(old.Select(DkimKeyProof.NameOf));
        old.ToList().ForEach(key => _zone.Remove(DkimKeyProof.NameOf(key)));
        load = new Load(this);
        await FlowAsync(fresh);
        await load.StopAsync();

        foreach (var arrival in _arrivals)
        {
            Assert.True(await VerifiesAsync(arrival), $"{arrival.Subject}, signed by {string.Join(' ', Selectors(arrival.Mail))}, seen were {string.Join(' ', arrival.Seen.Keys)}");
        }

        await VerifySampleByDkimpyAsync();
    }

    /// <summary>Waits until mail that was handed in from now on has arrived, signed by exactly these keys.</summary>
    private async Task FlowAsync(IReadOnlyList<SealedDkimKey> keys)
    {
        var before = _arrivals.Count;
        await SendAsync("mark " + before.ToString(CultureInfo.InvariantCulture), "mark@dest.test");
        Arrival? mark = null;
        await Poll.UntilAsync("mail flows", () =>
        {
            mark ??= _arrivals.FirstOrDefault(arrival => arrival.Subject == "mark " + before.ToString(CultureInfo.InvariantCulture));
            return mark is not null && _arrivals.Count >= before + MailsOfAPhase;
        });
        Assert.Equal(keys.Select(key => key.Selector).Order(), Selectors(mark!.Mail).Order());
    }

    /// <summary>What the server does by itself every five minutes.</summary>
    private static async Task LookAsync(DkimRotation rotation, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await rotation.CheckAsync(None);
        }
    }

    private string? Take(SinkMessage mail)
    {
        if (mail.Recipients.Contains(Late) && !_takesLate)
        {
            return "451 4.3.0 later";
        }

        _arrivals.Enqueue(new Arrival(mail, Subject().Match(mail.Text).Groups[1].Value, _seen));
        return null;
    }

    private void Publish(IEnumerable<SealedDkimKey> keys) => keys.ToList().ForEach(key => _zone.Txt(DkimKeyProof.NameOf(key), key.PublicRecord));

    private void See(IEnumerable<SealedDkimKey> keys) => _seen = _seen.AddRange(keys.Select(key => KeyValuePair.Create(DkimKeyProof.NameOf(key), key.PublicRecord)));

    private static async Task<IEnumerable<DkimKeyState>> StatesAsync(RelayServer server, IEnumerable<SealedDkimKey> keys) =>
        (await server.Services.GetRequiredService<IDkimKeyStore>().ListAsync(Domain.Ascii, None)).Where(key => keys.Any(one => one.Id == key.Id)).Select(key => key.State);

    private Task<string> SendAsync(string subject, string recipient) => SmtpTalk.SubmitAsync(
        _relay.SmtpPort, $"a@{Domain}", [recipient], Encoding.ASCII.GetBytes($"From: a@{Domain}\r\nTo: {recipient}\r\nSubject: {subject}\r\n\r\nhello\r\n"));

    private static IEnumerable<string> Selectors(SinkMessage mail) => Selector().Matches(mail.Text).Select(match => match.Groups[1].Value);

    private async Task<bool> VerifiesAsync(Arrival arrival)
    {
        var end = arrival.Mail.Text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        using var body = new MemoryStream(arrival.Mail.Content[end..]);
        var results = await new DkimVerifier(new SeenKeys(arrival.Seen), _time).VerifyAsync(arrival.Mail.Content.AsMemory(0, end), body, None);
        return results.Any(result => result.Outcome == DkimOutcome.Pass);
    }

    /// <summary>The late one, and each twentieth: every phase has some.</summary>
    private async Task VerifySampleByDkimpyAsync()
    {
        if (DkimpyFactAttribute.Python is not { } python)
        {
            return;
        }

        foreach (var arrival in _arrivals.Where((arrival, i) => arrival.Subject == "late" || i % 20 == 0))
        {
            using var folder = new TemporaryFolder();
            Directory.CreateDirectory(folder.File("mail"));
            await File.WriteAllBytesAsync(folder.File("mail", "1.eml"), arrival.Mail.Content);
            await File.WriteAllTextAsync(folder.File("records.json"), JsonSerializer.Serialize(arrival.Seen));
            var script = Path.Combine(TestData.Root, "tests", "Integration", "Dkim", "verify_many.py");
            var (exitCode, output) = await RunningProgram.RunAsync(python, [script, folder.File("mail"), folder.File("records.json"), Domain.Ascii]);
            Assert.True(exitCode == 0 && output.Contains(" pass", StringComparison.Ordinal), $"{arrival.Subject}: {output}");
        }
    }

    [GeneratedRegex(@"^DKIM-Signature:[^:]*?\bs=(\w+);", RegexOptions.Multiline)]
    private static partial Regex Selector();

    [GeneratedRegex(@"^Subject: ([^\r]*)", RegexOptions.Multiline)]
    private static partial Regex Subject();

    /// <param name="Seen">The records its receiver saw at that moment.</param>
    private sealed record Arrival(SinkMessage Mail, string Subject, ImmutableDictionary<string, string> Seen);

    private sealed class SeenKeys(IReadOnlyDictionary<string, string> records) : IDkimKeyLookup
    {
        public ValueTask<DkimKeyAnswer> LookupAsync(string name, CancellationToken cancellationToken) =>
            ValueTask.FromResult(records.TryGetValue(name, out var record) ? DkimKeyAnswer.Found([record]) : DkimKeyAnswer.None);
    }

    /// <summary>Two clients that hand in one message behind the other.</summary>
    private sealed class Load
    {
        private const int Bound = 1000;
        private readonly CancellationTokenSource _stop = new();
        private readonly RotationUnderLoadTests _test;
        private readonly Task<List<string>[]> _clients;

        public Load(RotationUnderLoadTests test)
        {
            _test = test;
            _clients = Task.WhenAll(RunAsync(), RunAsync());
        }

        /// <summary>Ends when all that was accepted has arrived.</summary>
        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            var sent = (await _clients).SelectMany(subjects => subjects).ToHashSet();
            await Poll.UntilAsync("all that was accepted has arrived", () => sent.IsSubsetOf(_test._arrivals.Select(arrival => arrival.Subject)));
            _stop.Dispose();
        }

        private async Task<List<string>> RunAsync()
        {
            var subjects = new List<string>();
            while (!_stop.IsCancellationRequested && subjects.Count < Bound)
            {
                subjects.Add(Guid.NewGuid().ToString("N"));
                await _test.SendAsync(subjects[^1], "box@dest.test");
            }

            return subjects;
        }
    }
}
