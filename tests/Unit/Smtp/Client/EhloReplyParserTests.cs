using Relay.Mail;
using Relay.Smtp.Client;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class EhloReplyParserTests
{
    [Fact]
    public void Knows_nothing_from_the_first_line() =>
        Assert.Equal(PeerExtensions.None, EhloReplyParser.Parse(new SmtpReply(250, null, "PIPELINING STARTTLS")));

    [Fact]
    public void Reads_keywords_in_any_case_and_ignores_others()
    {
        var extensions = EhloReplyParser.Parse(new SmtpReply(250, null, "mx", "pipelining", " 8BitMime ", "X-OTHER PIPELINING", string.Empty, "STARTTLSX"));
        Assert.Equal(PeerExtensions.None with { Pipelining = true, EightBitMime = true }, extensions);
    }

    [Theory]
    [InlineData("SIZE", null)]
    [InlineData("SIZE 0", null)]
    [InlineData("SIZE 12345", 12345L)]
    [InlineData("SIZE -1", null)]
    [InlineData("SIZE 99999999999999999999", null)]
    [InlineData("SIZE many", null)]
    public void Reads_the_size_limit(string line, long? limit)
    {
        var extensions = EhloReplyParser.Parse(new SmtpReply(250, null, "mx", line));
        Assert.True(extensions.SizeAnnounced);
        Assert.Equal(limit, extensions.MaxSizeBytes);
    }

    [Fact]
    public void Gathers_mechanisms_from_both_forms_of_auth()
    {
        var extensions = EhloReplyParser.Parse(new SmtpReply(250, null, "mx", "AUTH LOGIN plain", "AUTH=LOGIN CRAM-MD5"));
        Assert.Equal(["LOGIN", "PLAIN", "CRAM-MD5"], extensions.AuthMechanisms);
    }
}
