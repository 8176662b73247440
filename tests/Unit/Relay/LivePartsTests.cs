using Relay.Mail;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class LivePartsTests
{
    private const string Listener = "hostname = \"mx.example.com\"\n[listener.mx]\nendpoint = \"127.0.0.1:2525\"\nauth = \"optional\"\n";
    private const string Secret = "secret = \"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz\"\n";

    private static readonly Mailbox Old = Mailbox.Parse("box@old.example");
    private static readonly Mailbox New = Mailbox.Parse("box@new.example");

    [Fact]
    public void Domains_of_received_mail_come_change_and_go_with_a_reload()
    {
        var first = Load("[inbound.\"old.example\"]\nwebhook = \"https://app.example/old\"\n" + Secret + "[inbound.\"kept.example\"]\nwebhook = \"https://app.example/1\"\n" + Secret);
        var live = new LiveParts(first);
        var intake = live.Of(first.ToIntake());
        var hooks = live.Of(first.ToPlatform()).Received;
        var door = live.Of(first.ToReceivedDomains());
        Assert.True(door.IsOurs(Old));

        var next = Load(
            "[inbound.\"New.example\"]\nwebhook = \"https://app.example/new\"\nmax_message_size = \"1MiB\"\n" + Secret
            + "[inbound.\"kept.example\"]\nwebhook = \"https://app.example/2\"\n" + Secret);
        live.Apply(next, egressChanges: true);

        Assert.Equal((false, true), (door.IsOurs(Old), door.IsOurs(New)));
        Assert.Equal(1024 * 1024, door.MaxBytes(IntakeKit.Submission("box@new.example").Envelope));
        Assert.Null(door.MaxBytes(IntakeKit.Submission("box@old.example").Envelope));
        Assert.Equal(["kept.example", "new.example"], intake.ReceivedDomains.Select(domain => domain.Ascii).Order());
        Assert.False(hooks.ContainsKey("old.example"));
        Assert.Equal(("/2", "/new"), (hooks["kept.example"].Url.AbsolutePath, hooks["new.example"].Url.AbsolutePath));
    }

    [Theory]
    [InlineData("inbound.in.example.webhook", true, true)]
    [InlineData("route.*.smarthost", false, true)]
    [InlineData("route.*.smarthost", true, false)]
    [InlineData("listener.mx.endpoint", false, false)]
    public void What_waits_for_a_restart_is_told(string key, bool egressChanges, bool isLive) => Assert.Equal(isLive, LiveParts.IsLive(key, egressChanges));

    private static RelayOptions Load(string text) => new ConfigurationFixture().Options(Listener + text);
}
