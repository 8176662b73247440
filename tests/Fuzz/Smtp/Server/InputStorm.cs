using System.Buffers;
using System.Globalization;
using System.Text;
using Relay.Mail;
using Relay.Smtp;
using Relay.Smtp.Server;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Fuzz;

/// <summary>Mutated inputs by the million against everything at the door that reads octets; the long run is told by RELAY_FUZZ_INPUTS.</summary>
/// <remarks>Each input is a seed of the grammar with a few octets changed, doubled, cut or joined with another; the random seed is printed.</remarks>
public sealed class InputStorm
{
    private const int UsualInputs = 200_000;

    private static readonly IReadOnlyList<string> Mechanisms = SaslServer.Offered(hasBinding: true, isCertified: true);

    private static readonly ScramSecret Secret = ScriptedPolicy.Secret("pencil");

    private static readonly byte[][] Seeds =
    [
        .. ((string[])
        [
            "EHLO client.example", "HELO [192.0.2.1]", "MAIL FROM:<a@example.com> SIZE=10 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb HOLDFOR=60",
            "MAIL FROM:<> AUTH=<> HOLDUNTIL=2030-01-01T00:00:00Z REQUIRETLS", "RCPT TO:<\"a b\"@example.net> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+40b",
            "RCPT TO:<@a.example,@b.example:c@[IPv6:2001:db8::1]> ORCPT=utf-8;j\\x{F6}rg@example.org", "RCPT TO:<jörg@münchen.example>", "BDAT 100 LAST",
            "AUTH PLAIN AGFsaWNlAHNlY3JldA==", "STARTTLS", "GET / HTTP/1.1", "PROXY TCP4 192.0.2.1 198.51.100.2 40000 25\r\n",
            "PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n", "n,,n=user,r=rOprNGfwEbeRWgbNEkqO", "p=tls-server-end-point,,n=us=2Cer,r=abc",
            "c=biws,r=abcdef,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "\0alice\0secret", "text\r\n..dot\r\n.\r\n", "a\n.\r\nb\r.\r\n.\r\n", "\r\n.\r\n",
        ]).Select(Encoding.UTF8.GetBytes),
        [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, 0x21, 0x11, 0x00, 0x0C, 192, 0, 2, 1, 198, 51, 100, 2, 1, 2, 0, 25],
    ];

    [Fact]
    public void Nothing_at_the_door_throws()
    {
        var inputs = int.TryParse(Environment.GetEnvironmentVariable("RELAY_FUZZ_INPUTS"), NumberStyles.None, CultureInfo.InvariantCulture, out var told) ? told : UsualInputs;
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var i = 0; i < inputs; i++)
        {
            var input = Mutate(random);
            try
            {
                Feed(input, random);
            }
            catch (Exception trouble)
            {
                Assert.Fail($"input {i} of seed {seed}, {Convert.ToHexString(input)}: {trouble}");
            }
        }
    }

    private static byte[] Mutate(Random random)
    {
        var input = new List<byte>(Seeds[random.Next(Seeds.Length)]);
        for (var changes = random.Next(4); changes > 0; changes--)
        {
            var at = random.Next(input.Count + 1);
            switch (random.Next(5))
            {
                case 0 when input.Count > at:
                    input[at] = (byte)random.Next(256);
                    break;
                case 1:
                    input.Insert(at, (byte)" \r\n\0<>@,;=+\"\\.\xff"[random.Next(15)]);
                    break;
                case 2:
                    input.RemoveRange(at, random.Next(input.Count - at + 1));
                    break;
                case 3:
                    var other = Seeds[random.Next(Seeds.Length)];
                    input.InsertRange(at, other.AsSpan(random.Next(other.Length)).ToArray());
                    break;
                default:
                    input.InsertRange(at, input.GetRange(0, Math.Min(input.Count, random.Next(40))));
                    break;
            }
        }

        return [.. input];
    }

    private static void Feed(byte[] input, Random random)
    {
        var parsed = SmtpCommandParser.Parse(input);
        Assert.True((parsed.Command is null) != (parsed.Error is null));
        ReadParameters(parsed.Command);
        var lines = new ReadOnlySequence<byte>(input);
        new SmtpLineReader().TryRead(ref lines, 64, out _);
        var header = new ReadOnlySequence<byte>(input);
        if (ProxyHeader.TryRead(ref header, out _) != ProxyHeaderStatus.Complete)
        {
            Assert.Equal(input.Length, header.Length);
        }

        ReadContent(input, random.Next(1, 9));
        Authenticate(input, Mechanisms[random.Next(Mechanisms.Count)]);
        AddressList.Parse(Encoding.Latin1.GetString(input));
    }

    private static void ReadParameters(SmtpCommand? command)
    {
        switch (command)
        {
            case SmtpCommand.Mail mail:
                MailParameters.Read(mail.Parameters, out _);
                break;
            case SmtpCommand.Rcpt rcpt:
                RecipientParameters.Read(rcpt.Parameters, out var parameters);
                Assert.True(parameters.OriginalRecipient?.Any(char.IsControl) is not true);
                break;
        }
    }

    private static void ReadContent(byte[] input, int pieceBytes)
    {
        var reader = new DataReader();
        var check = new LineEndingCheck();
        for (var at = 0; at < input.Length && !reader.IsComplete; at += pieceBytes)
        {
            var piece = input.AsMemory(at, Math.Min(pieceBytes, input.Length - at));
            check.Note(piece.Span);
            while (!piece.IsEmpty && !reader.IsComplete)
            {
                reader.Read(piece, out var consumed);
                piece = piece[consumed..];
            }
        }

        check.End();
    }

    private static void Authenticate(byte[] input, string mechanism)
    {
        var server = SaslServer.Create(mechanism, [1, 2, 3], isCertified: true)!;
        var step = server.Begin(input);
        if (step is SaslStep.FindSecret)
        {
            ((ScramServer)server).Answer(Secret);
            step = server.Next(input);
        }

        Assert.False(step is SaslStep.Proven { IsRight: true });
    }
}
