using System.Net;
using System.Text;
using Relay.Mail;
using Relay.Smtp;
using Relay.Smtp.Server;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class SessionAuthenticationTests
{
    private const string First = "n=user,r=rOprNGfwEbeRWgbNEkqO";
    private static readonly SmtpReply Wait = SmtpReply.Of(454, "4.7.0", "too many failed logins");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_right_proof_is_not_confirmed_to_who_must_wait_by_now(bool mustWait)
    {
        var policy = new ScriptedPolicy { Users = { ["user"] = "pencil" }, OffersAuthenticationInClear = true };
        var authentication = new SessionAuthentication(policy, new SessionBudget(new SmtpServerLimits()), _ => { });
        var first = await authentication.BeginAsync(Session, new SmtpCommand.Auth("SCRAM-SHA-256", Base64("n,," + First)), offersTls: false, CancellationToken.None);
        var serverFirst = Encoding.ASCII.GetString(Convert.FromBase64String(first.Reply.Text));
        policy.ScramRefusal = mustWait ? Wait : null;

        var step = await authentication.ContinueAsync(
            Session, Encoding.ASCII.GetBytes(Base64(ScramServerTests.Final("pencil", serverFirst, "n,,"u8.ToArray()))), CancellationToken.None);

        Assert.Equal(mustWait ? 454 : 334, step.Reply.Code);
        Assert.Equal(!mustWait, authentication.IsRunning);
    }

    private static SmtpSession Session { get; } = new()
    {
        ConnectionId = "c1",
        Listener = "submission",
        Peer = new IPEndPoint(IPAddress.Loopback, 40000),
        Local = new IPEndPoint(IPAddress.Loopback, 25),
        IsExtended = true,
    };

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
