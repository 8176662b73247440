using System.Text;
using Relay.Mail;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class TransferEncodingTests
{
    [Theory]
    [InlineData("plain\r\n", "plain\r\n")]
    [InlineData("a=b", "a=3Db")]
    [InlineData("é", "=C3=A9")]
    [InlineData("end \r\nx\t", "end=20\r\nx=09")]
    [InlineData("a\nb\rc", "a=0Ab=0Dc")]
    public void Writes_quoted_printable(string text, string encoded)
    {
        Assert.Equal(encoded, Encoding.ASCII.GetString(QuotedPrintable.Encode(Encoding.UTF8.GetBytes(text))));
    }

    [Theory]
    [InlineData("a=\r\nb=\nc", "abc")]
    [InlineData("a= \t\r\nb", "ab")]
    [InlineData("trailing  \r\nx", "trailing\r\nx")]
    [InlineData("=c3=A9", "é")]
    [InlineData("=zz=4", "=zz=4")]
    [InlineData("x=", "x")]
    [InlineData("lf\nonly\n", "lf\nonly\n")]
    public void Reads_quoted_printable_tolerantly(string encoded, string text)
    {
        Assert.Equal(text, Encoding.UTF8.GetString(QuotedPrintable.Decode(Encoding.ASCII.GetBytes(encoded))));
    }

    [Theory]
    [InlineData("aGVsbG8=", "hello")]
    [InlineData("aGVsbG8", "hello")]
    [InlineData("aG Vs\r\nb*G8=", "hello")]
    [InlineData("aGk=aGk=", "hihi")]
    [InlineData("a", "")]
    [InlineData("====", "")]
    public void Reads_base64_tolerantly(string encoded, string text)
    {
        Assert.Equal(text, Encoding.UTF8.GetString(Base64Lines.Decode(Encoding.ASCII.GetBytes(encoded))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(57)]
    [InlineData(58)]
    [InlineData(57 * 128)]
    [InlineData(57 * 300 + 1)]
    public async Task Streams_base64_in_lines_of_76(int length)
    {
        var content = new byte[length];
        new Random(1).NextBytes(content);
        using var output = new MemoryStream();

        await Base64Lines.EncodeAsync(new MemoryStream(content), output, CancellationToken.None);

        Assert.Equal(Base64Lines.Encode(content), output.ToArray());
        var lines = Encoding.ASCII.GetString(output.ToArray()).Split("\r\n");
        Assert.All(lines[..^1], line => Assert.InRange(line.Length, 1, 76));
        Assert.Equal(content, Base64Lines.Decode(output.ToArray()));
    }
}
