using System.Text;
using Relay.Mail;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class AuthenticationResultsTests
{
    private static readonly DomainName Server = DomainName.Parse("mx.example.com");

    [Theory]
    [InlineData(" mx.example.com; spf=pass", "mx.example.com")]
    [InlineData("mx.example.com 1; none", "mx.example.com")]
    [InlineData("\r\n\t(a (nested \\) one)) mx.example.com(b);none", "mx.example.com")]
    [InlineData("\"mx.\\example.com\"; none", "mx.example.com")]
    [InlineData("\"mx.example.com", null)]
    [InlineData("(never ends mx.example.com", null)]
    [InlineData("", null)]
    [InlineData("; none", null)]
    public void Reads_who_a_field_says_it_is_of(string value, string? server) => Assert.Equal(server, AuthenticationResults.ServerOf(value));

    [Theory]
    [InlineData("A: 1\r\nAuthentication-Results: mx.example.com; none\r\nB: 2\r\n\r\nx", "A: 1\r\nB: 2\r\n\r\nx")]
    [InlineData("AUTHENTICATION-results \t: MX.Example.COM.\r\n ; spf=pass\r\n\tmore\r\nB: 2\r\n\r\nx", "B: 2\r\n\r\nx")]
    [InlineData("Authentication-Results: mx.example.com; none\r\nAuthentication-Results: mx.example.com; none\r\n\r\nx", "\r\nx")]
    [InlineData("Authentication-Results: mx.example.com; none", "")]
    [InlineData("broken\r\nAuthentication-Results: mx.example.com; none\r\n\r\nx", "broken\r\n\r\nx")]
    public void Takes_out_what_claims_to_be_ours(string message, string kept) => Assert.Equal(kept, Without(message));

    [Theory]
    [InlineData("Authentication-Results: mx.example.com.evil.example; none\r\n\r\nx")]
    [InlineData("Authentication-Results: other.example.com; spf=pass (mx.example.com)\r\n\r\nx")]
    [InlineData("Authentication-Results-Original: mx.example.com; none\r\n\r\nx")]
    [InlineData("X: 1\r\n Authentication-Results: mx.example.com; none\r\n\r\nx")]
    [InlineData("A: 1\r\n\r\nAuthentication-Results: mx.example.com; none\r\n")]
    [InlineData("")]
    public void Leaves_everything_else_as_it_is(string message) => Assert.Equal(message, Without(message));

    [Fact]
    public void Finds_one_behind_more_fields_than_anybody_reads()
    {
        var many = string.Concat(Enumerable.Repeat("A:\r\n", HeaderBlock.MaxFields + 1));

        Assert.Equal(many + "\r\nx", Without(many + "Authentication-Results: mx.example.com; none\r\n\r\nx"));
    }

    private static string Without(string message) => Encoding.ASCII.GetString(AuthenticationResults.WithoutClaimsOf(Server, Encoding.ASCII.GetBytes(message)).Span);
}
