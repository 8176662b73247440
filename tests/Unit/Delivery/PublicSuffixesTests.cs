using System.Globalization;
using Relay.Delivery;
using Relay.Mail;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class PublicSuffixesTests
{
    private static readonly PublicSuffixes Small = PublicSuffixes.Read(new StringReader(
        """
        // a comment
        com
        uk
        co.uk   behind a blank nothing counts

        *.ck
        !www.ck
        公司.cn
        github.io
        """));

    [Theory]
    [InlineData("example.com", "example.com")]
    [InlineData("A.B.Example.COM", "example.com")]
    [InlineData("com", null)]
    [InlineData("b.example.co.uk", "example.co.uk")]
    [InlineData("co.uk", null)]
    [InlineData("x.uk", "x.uk")]
    [InlineData("a.b.ck", "a.b.ck")]
    [InlineData("b.ck", null)]
    [InlineData("a.www.ck", "www.ck")]
    [InlineData("www.ck", "www.ck")]
    [InlineData("a.b.unlisted", "b.unlisted")]
    [InlineData("unlisted", null)]
    [InlineData("a.食狮.公司.cn", "xn--85x722f.xn--55qx5d.cn")]
    [InlineData("a.b.github.io", "b.github.io")]
    [InlineData("", null)]
    [InlineData(".com", null)]
    [InlineData("a..com", null)]
    public void The_longest_rule_wins_and_an_exception_before_all(string name, string? registrable) => Assert.Equal(registrable, Small.RegistrableOf(name));

    [SharedDataFact("psl-tests")]
    public void Agrees_with_the_tests_of_the_list_itself()
    {
        var cases = File.ReadLines(Path.Combine(TestData.FindShared("psl-tests")!, "tests.txt"))
            .Where(line => line.Length > 0 && !line.StartsWith("//", StringComparison.Ordinal))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words[0] != "null")
            .ToList();
        var wrong = cases.Where(words => PublicSuffixes.Shipped.RegistrableOf(words[0]) != Expected(words[1]))
            .Select(words => string.Create(CultureInfo.InvariantCulture, $"{words[0]}: {PublicSuffixes.Shipped.RegistrableOf(words[0])}, not {words[1]}"))
            .ToList();

        Assert.True(cases.Count > 30, $"only {cases.Count} cases were found");
        Assert.Empty(wrong);
    }

    private static string? Expected(string word) => word == "null" ? null : DomainName.TryParse(word, out var name) ? name.Ascii : word;
}
