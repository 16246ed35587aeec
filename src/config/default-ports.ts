/** In a file of their own: the commands that show them in their help load nothing else of the config. */
export const defaultListenPort = 8080;
export const defaultAdminPort = 8089;
