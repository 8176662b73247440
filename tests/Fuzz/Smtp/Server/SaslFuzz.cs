using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Relay.Smtp.Server;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Fuzz;

/// <summary>Senseless responses to every mechanism: each exchange ends or goes on, none throws, and none is proven.</summary>
public sealed class SaslFuzz
{
    private static readonly string[] Words =
        ["n,,", "y,,", "p=tls-server-end-point,,", "n=user", "r=abc", "c=biws", "p=", ",", "=", "=2C", "a=", "\0", "secret", "é", "s=", "i=1", "v="];

    [Fact]
    public void Senseless_responses_end_or_go_on()
    {
        var response = Gen.OneOf(
            Gen.Elements(Words).ListOf().Select(words => Encoding.UTF8.GetBytes(string.Concat(words))),
            ArbMap.Default.GeneratorFor<byte[]>());
        var cases =
            from mechanism in Gen.Elements(SaslServer.Offered(hasBinding: true, isCertified: true).ToArray())
            from initial in Gen.Elements(true, false)
            from responses in response.NonEmptyListOf()
            select (Mechanism: mechanism, Initial: initial, Responses: responses.ToArray());
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var server = SaslServer.Create(c.Mechanism, [1, 2, 3], isCertified: true)!;
            var step = server.Begin(c.Initial ? c.Responses[0] : null);
            foreach (var next in c.Responses)
            {
                step = step is SaslStep.FindSecret ? ((ScramServer)server).Answer(ScriptedPolicy.Secret("pencil")) : step;
                if (step is not SaslStep.Challenge)
                {
                    return step is SaslStep.CheckPassword or SaslStep.UseCertificate or SaslStep.Malformed or SaslStep.ForeignBinding or SaslStep.Proven { IsRight: false };
                }

                step = server.Next(next);
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }
}
