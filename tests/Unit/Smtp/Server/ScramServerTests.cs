using System.Security.Cryptography;
using System.Text;
using Relay.Smtp.Server;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ScramServerTests
{
    private const string ServerNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    private const string First = "n=user,r=rOprNGfwEbeRWgbNEkqO";
    private static readonly byte[] Binding = SHA256.HashData("certificate"u8);

    [Fact]
    public void Speaks_the_example_of_the_standard()
    {
        // RFC 7677 §3
        var server = new ScramServer(null, isPlus: false, ServerNonce);

        Assert.Equal(new SaslStep.FindSecret("user"), Say(server, "n,," + First));
        Assert.Equal("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", Text(server.Answer(ScriptedPolicy.Secret("pencil"))));
        Assert.Equal(
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
            Text(Say(server, "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")));
        Assert.Equal(new SaslStep.Proven("user", true), server.Next([]));
    }

    [Theory]
    [InlineData("pencil", true)]
    [InlineData("pen", false)]
    public void Knows_a_right_proof_from_a_wrong_one(string password, bool isRight)
    {
        var server = new ScramServer(Binding, isPlus: true, ServerNonce);
        Say(server, "p=tls-server-end-point,," + First);
        var serverFirst = Text(server.Answer(ScriptedPolicy.Secret("pencil")));

        var step = Say(server, Final(password, serverFirst, [.. "p=tls-server-end-point,,"u8, .. Binding]));

        Assert.Equal(isRight, step is SaslStep.Challenge);
        Assert.Equal(!isRight, step is SaslStep.Proven { IsRight: false });
    }

    [Fact]
    public void Refuses_a_binding_to_another_certificate()
    {
        var server = new ScramServer(Binding, isPlus: true, ServerNonce);
        Say(server, "p=tls-server-end-point,," + First);
        var serverFirst = Text(server.Answer(ScriptedPolicy.Secret("pencil")));

        Assert.Equal(
            new SaslStep.Proven("user", false),
            Say(server, Final("pencil", serverFirst, [.. "p=tls-server-end-point,,"u8, .. SHA256.HashData("another"u8)])));
    }

    [Theory]
    [InlineData("y,," + First, true)]
    [InlineData("p=tls-server-end-point,," + First, true)]
    [InlineData("p=tls-unique,," + First, true)]
    [InlineData("n,a=other," + First, false)]
    [InlineData("n,,m=ext," + First, false)]
    [InlineData("n,,n=us=er,r=abc", false)]
    [InlineData("n,,n=user,r=", false)]
    [InlineData("n,,n=,r=abc", false)]
    [InlineData("n,,n=user", false)]
    [InlineData("x", false)]
    [InlineData("n,,n=user,r=a\u0001b", false)]
    public void Refuses_what_is_malformed_or_was_tampered_with(string first, bool hasTls) =>
        Assert.Same(SaslStep.Malformed.Instance, Say(new ScramServer(hasTls ? Binding : null, isPlus: false, ServerNonce), first));

    [Theory]
    [InlineData("p=tls-unique,,")]
    [InlineData("p=tls-exporter,,")]
    public void A_binding_that_cannot_be_had_is_not_called_malformed(string header) =>
        Assert.Same(SaslStep.ForeignBinding.Instance, Say(new ScramServer(Binding, isPlus: true, ServerNonce), header + First));

    [Fact]
    public void A_client_that_cannot_bind_may_say_so_where_nothing_was_offered() =>
        Assert.Equal(new SaslStep.FindSecret("us=e,r"), Say(new ScramServer(null, isPlus: false, ServerNonce), "y,,n=us=3De=2Cr,r=abc"));

    [Theory]
    [InlineData("c=biws,r=other,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", false)]
    [InlineData("c=eSws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", false)]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", true)]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=AAAA", true)]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=!", true)]
    public void Refuses_a_final_message_that_does_not_fit(string final, bool isMalformed)
    {
        var server = new ScramServer(null, isPlus: false, ServerNonce);
        Say(server, "n,," + First);
        server.Answer(ScriptedPolicy.Secret("pencil"));

        Assert.Equal(isMalformed ? SaslStep.Malformed.Instance : new SaslStep.Proven("user", false), Say(server, final));
    }

    private static SaslStep Say(ScramServer server, string message) => server.Next(Encoding.UTF8.GetBytes(message));

    private static string Text(SaslStep step) => Encoding.ASCII.GetString(Assert.IsType<SaslStep.Challenge>(step).Data.Span);

    // The client's side, by the formulas of RFC 5802 §3.
    internal static string Final(string password, string serverFirst, byte[] binding)
    {
        var withoutProof = $"c={Convert.ToBase64String(binding)},{serverFirst.Split(',')[0]}";
        var salted = Rfc2898DeriveBytes.Pbkdf2(password, Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096, HashAlgorithmName.SHA256, 32);
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        var signature = HMACSHA256.HashData(SHA256.HashData(clientKey), Encoding.UTF8.GetBytes($"{First},{serverFirst},{withoutProof}"));
        return $"{withoutProof},p={Convert.ToBase64String(clientKey.Zip(signature, (a, b) => (byte)(a ^ b)).ToArray())}";
    }
}
