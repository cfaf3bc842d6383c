// Hands the arguments to cli and returns its exit status.
int main() { return 0; }
