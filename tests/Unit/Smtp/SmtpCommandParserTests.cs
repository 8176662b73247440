using System.Text;
using Relay.Smtp;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class SmtpCommandParserTests
{
    [Theory]
    [InlineData("EHLO client.example", "client.example", true)]
    [InlineData("helo client.example", "client.example", false)]
    [InlineData("EHLO [192.0.2.1]", "[192.0.2.1]", true)]
    [InlineData("EHLO MY_PC  ", "MY_PC", true)]
    public void Reads_the_hello_name(string line, string name, bool extended)
    {
        var hello = Assert.IsType<SmtpCommand.Hello>(Parse(line).Command);
        Assert.Equal(name, hello.Name);
        Assert.Equal(extended, hello.IsExtended);
    }

    [Theory]
    [InlineData("EHLO")]
    [InlineData("EHLO a b")]
    [InlineData("EHLO münchen.example")]
    [InlineData("EHLO (comment)")]
    [InlineData("EHLO a;b")]
    public void Refuses_a_hello_name_that_could_not_stand_in_received(string line) => Assert.Equal(501, Parse(line).Error!.Code);

    [Theory]
    [InlineData("MAIL FROM:<a@example.com>", "a@example.com")]
    [InlineData("MAIL FROM:<\"a b\"@example.com>", "\"a b\"@example.com")]
    [InlineData("MAIL FROM:<\"a\\\"> b\"@example.com>", "\"a\\\"> b\"@example.com")]
    [InlineData("MAIL FROM:<a@[192.0.2.1]>", "a@[192.0.2.1]")]
    [InlineData("MAIL FROM:<>", "")]
    [InlineData("MAIL FROM:<@x.example,@y.example:a@example.com>", "a@example.com")]
    [InlineData("mail from:<a@EXAMPLE.com>", "a@example.com")]
    public void Reads_the_reverse_path(string line, string expected) =>
        Assert.Equal(expected, Assert.IsType<SmtpCommand.Mail>(Parse(line).Command).ReversePath.ToString());

    // Tolerance: many clients put a space behind the colon.
    [Theory]
    [InlineData("MAIL FROM: <a@example.com>")]
    [InlineData("MAIL FROM:  <a@example.com>  SIZE=1   BODY=7BIT ")]
    public void Takes_spaces_behind_the_colon_and_between_parameters(string line) => Assert.NotNull(Parse(line).Command);

    [Theory]
    [InlineData("MAIL FROM")]
    [InlineData("MAIL FROM:")]
    [InlineData("MAIL FROM a@example.com")]
    [InlineData("MAIL FROM :<a@example.com>")]
    [InlineData("MAIL FROM:a@example.com")]
    [InlineData("MAIL FROM:<a@example.com")]
    [InlineData("MAIL FROM:<a@example.com>SIZE=1")]
    [InlineData("MAIL FROM:<a@example.com> SIZE=1=2")]
    [InlineData("MAIL FROM:<a@example.com> =1")]
    [InlineData("MAIL FROM:<a@example.com> size=1 SIZE=2")]
    [InlineData("MAIL FROM:<<a@example.com>>")]
    [InlineData("MAIL FROM:<a>")]
    [InlineData("MAIL FROM:<@x.example>")]
    [InlineData("MAIL FROM:<x.example:a@example.com>")]
    [InlineData("MAIL FROM:<postmaster>")]
    public void Refuses_a_malformed_mail(string line)
    {
        Assert.Equal(501, Parse(line).Error!.Code);
        Assert.Equal(SmtpVerb.Mail, Parse(line).Verb);
    }

    [Fact]
    public void Reads_parameters_in_order_with_upper_case_keywords()
    {
        var mail = Assert.IsType<SmtpCommand.Mail>(Parse("MAIL FROM:<a@example.com> size=12 SMTPUTF8 Body=8bitmime").Command);
        Assert.Equal([new("SIZE", "12"), new("SMTPUTF8", null), new("BODY", "8bitmime")], mail.Parameters);
    }

    [Fact]
    public void Notes_utf8_in_the_local_part_and_in_the_domain()
    {
        Assert.False(Assert.IsType<SmtpCommand.Mail>(Parse("MAIL FROM:<jürgen@example.com>").Command).IsAscii);
        Assert.False(Assert.IsType<SmtpCommand.Mail>(Parse("MAIL FROM:<a@münchen.example>").Command).IsAscii);
        Assert.True(Assert.IsType<SmtpCommand.Mail>(Parse("MAIL FROM:<a@xn--mnchen-3ya.example>").Command).IsAscii);
    }

    [Fact]
    public void Postmaster_needs_no_domain_as_recipient()
    {
        Assert.Null(Assert.IsType<SmtpCommand.Rcpt>(Parse("RCPT TO:<PostMaster>").Command).Mailbox);
        Assert.Equal("a@example.com", Assert.IsType<SmtpCommand.Rcpt>(Parse("RCPT TO:<a@example.com>").Command).Mailbox!.ToString());
    }

    [Fact]
    public void Auth_keeps_its_response_out_of_its_text()
    {
        var auth = Assert.IsType<SmtpCommand.Auth>(Parse("auth plain AGFsaWNl").Command);
        Assert.Equal("PLAIN", auth.Mechanism);
        Assert.Equal("AGFsaWNl", auth.InitialResponse);
        Assert.Equal("AUTH PLAIN", auth.ToString());
        Assert.Null(Assert.IsType<SmtpCommand.Auth>(Parse("AUTH PLAIN").Command).InitialResponse);
    }

    [Theory]
    [InlineData("DATA", nameof(SmtpVerb.Data))]
    [InlineData("data ", nameof(SmtpVerb.Data))]
    [InlineData("RSET", nameof(SmtpVerb.Rset))]
    [InlineData("QUIT", nameof(SmtpVerb.Quit))]
    [InlineData("StartTLS", nameof(SmtpVerb.StartTls))]
    [InlineData("NOOP whatever it is", nameof(SmtpVerb.Noop))]
    [InlineData("HELP MAIL", nameof(SmtpVerb.Help))]
    [InlineData("VRFY someone", nameof(SmtpVerb.Vrfy))]
    [InlineData("EXPN list", nameof(SmtpVerb.Expn))]
    public void Knows_its_verbs(string line, string verb) => Assert.Equal(verb, Parse(line).Command!.Verb.ToString());

    [Theory]
    [InlineData("DATA x")]
    [InlineData("RSET x")]
    [InlineData("QUIT x")]
    [InlineData("STARTTLS x")]
    public void Refuses_arguments_where_none_belong(string line) => Assert.Equal(501, Parse(line).Error!.Code);

    [Theory]
    [InlineData("GET / HTTP/1.1")]
    [InlineData("post / HTTP/1.1")]
    [InlineData("PUT /x HTTP/1.1")]
    [InlineData("HEAD / HTTP/1.0")]
    [InlineData("OPTIONS * HTTP/1.1")]
    [InlineData("CONNECT example.com:25 HTTP/1.1")]
    [InlineData("Host: example.com")]
    public void Knows_http_when_it_sees_it(string line)
    {
        Assert.Equal(SmtpVerb.Foreign, Parse(line).Verb);
        Assert.Equal(421, Parse(line).Error!.Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("FOO bar")]
    [InlineData("MAILFROM:<a@example.com>")]
    public void Answers_500_to_what_is_no_command(string line) => Assert.Equal(500, Parse(line).Error!.Code);

    [Fact]
    public void Refuses_control_characters_and_broken_utf8()
    {
        Assert.Equal(500, SmtpCommandParser.Parse("NOOP a\0b"u8).Error!.Code);
        Assert.Equal(500, SmtpCommandParser.Parse("MAIL FROM:<a\tb@example.com>"u8).Error!.Code);
        Assert.Equal(500, SmtpCommandParser.Parse([(byte)'N', (byte)'O', (byte)'O', (byte)'P', (byte)' ', 0xc3, 0x28]).Error!.Code);
        Assert.Equal(500, SmtpCommandParser.Parse("NOOP \x7f"u8).Error!.Code);
    }

    [Theory]
    [InlineData("BDAT 0", 0, false)]
    [InlineData("bdat 86 last", 86, true)]
    [InlineData("BDAT 00000000000000000012  LAST ", 12, true)]
    [InlineData("BDAT 99999999999999999999", long.MaxValue, false)]
    public void Reads_the_size_of_a_chunk(string line, long size, bool isLast) =>
        Assert.Equal(new SmtpCommand.Bdat(size, isLast), Parse(line).Command);

    [Theory]
    [InlineData("BDAT")]
    [InlineData("BDAT LAST")]
    [InlineData("BDAT -1")]
    [InlineData("BDAT +1")]
    [InlineData("BDAT 1.0")]
    [InlineData("BDAT 1 LAST LAST")]
    [InlineData("BDAT 1,000")]
    [InlineData("BDAT ١")]
    [InlineData("BDAT 000000000000000000001")]
    public void A_chunk_without_a_plain_size_is_malformed(string line) => Assert.Equal((SmtpVerb.Bdat, 501), (Parse(line).Verb, Parse(line).Error!.Code));

    private static ParsedCommand Parse(string line) => SmtpCommandParser.Parse(Encoding.UTF8.GetBytes(line));
}
